// DeBERTa-v2 and v3: BERT's layers, whose scores also depend on the distance of two tokens.
// Source: He et al., arXiv 2006.03654 and 2111.09543; Hugging Face's DebertaV2Model and
// DebertaV2ForSequenceClassification.
#include "model/families/bert_layout.h"

#include <nlohmann/json.hpp>

#include "model/families/deberta_positions.h"
#include "model/families/family.h"
#include "model/families/sizes.h"
#include "model/families/task.h"

namespace memo {
namespace {

constexpr BertLayerNames kDebertaLayerNames = {
    {"attention.self.query_proj", "attention.self.key_proj", "attention.self.value_proj"},
    "attention.output.dense",
    "attention.output.LayerNorm"};

void require_sizes(ConfigReader& json, const ModelConfig& config) {
  json.require("embedding_size", config.hidden);
  json.require("attention_head_size", config.head_dim());
  json.require("pooler_hidden_size", config.hidden);
  if (json.number("conv_kernel_size", {0, kMaxPositions, 0}) > 0) json.require("conv_kernel_size", 0);
}

void read_deberta_config(ConfigReader& json, ModelConfig& config) {
  read_sizes(json, {}, config);
  require_sizes(json, config);
  config.token_types = json.number("type_vocab_size", {0, kMaxTokenTypes, 0});
  config.layer_norm_epsilon = json.epsilon("layer_norm_eps", 1e-7);
  config.activation = json.activation("hidden_act", "gelu");
  config.relative = read_relative_positions(json, config);
  read_task(json, Pooling::cls, config);
}

void read_deberta_head(ConfigReader& json, TensorReader& tensors, Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config;
  checkpoint.classification = {tensors.linear("pooler.dense", config.hidden, config.hidden),
                               json.activation("pooler_hidden_act", "gelu"),
                               tensors.linear("classifier", label_count(config), config.hidden)};
}

void read_deberta_weights(ConfigReader& json, TensorReader& tensors, Checkpoint& checkpoint) {
  read_bert_embeddings(tensors, json.flag("position_biased_input", true), checkpoint);
  read_bert_layers(tensors, kDebertaLayerNames, checkpoint);
  read_position_tables(json, tensors, checkpoint);
  if (checkpoint.config.task == Task::classification) read_deberta_head(json, tensors, checkpoint);
}

constexpr std::string_view kDebertaTypes[] = {"deberta-v2"};

}  // namespace

const FamilyReader kDebertaReader = {Family::deberta, kDebertaTypes, "deberta.", read_deberta_config,
                                     read_deberta_weights};

}  // namespace memo
