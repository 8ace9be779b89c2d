// MPNet: BERT's layers under other names, whose scores also have a bias that depends on the distance of two tokens.
// It has RoBERTa's positions and no token types.
// Source: Song et al., arXiv 2004.09297; Hugging Face's MPNetModel and MPNetForSequenceClassification.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/families/bert_layout.h"
#include "model/families/family.h"
#include "model/families/padded_positions.h"
#include "model/families/sizes.h"
#include "model/families/task.h"

namespace memo {
namespace {

// The published model counts token 1 as padding and uses 32 buckets, whatever the config says.
constexpr std::int64_t kPaddingId = 1;
constexpr DistanceBuckets kBuckets = {32, 128};
constexpr BertLayerNames kMpnetLayerNames = {
    {"attention.attn.q", "attention.attn.k", "attention.attn.v"}, "attention.attn.o", "attention.LayerNorm"};

void read_mpnet_config(ConfigReader& json, ModelConfig& config) {
  json.require("is_decoder", false);
  json.require("relative_attention_num_buckets", kBuckets.count);
  read_sizes(json, {}, config);
  read_padded_positions(json, kPaddingId, config);
  config.layer_norm_epsilon = json.epsilon("layer_norm_eps", 1e-12);
  config.activation = json.activation("hidden_act", "gelu");
  config.distance_buckets = kBuckets;
  read_task(json, Pooling::cls, config);
}

void read_mpnet_weights(ConfigReader&, TensorReader& tensors, Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config;
  read_bert_embeddings(tensors, true, checkpoint);
  read_bert_layers(tensors, kMpnetLayerNames, checkpoint);
  const Tensor biases = tensors.read("encoder.relative_attention_bias.weight", {kBuckets.count, config.heads});
  for (LayerWeights& layer : checkpoint.layers) layer.position_biases = biases;
  if (config.task != Task::classification) return;
  checkpoint.classification = {tensors.linear("classifier.dense", config.hidden, config.hidden), Activation::tanh,
                               tensors.linear("classifier.out_proj", label_count(config), config.hidden)};
}

constexpr std::string_view kMpnetTypes[] = {"mpnet"};

}  // namespace

const FamilyReader kMpnetReader = {Family::mpnet, kMpnetTypes, "mpnet.", read_mpnet_config, read_mpnet_weights};

}  // namespace memo
