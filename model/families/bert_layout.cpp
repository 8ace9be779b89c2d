#include "model/families/bert_layout.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/families/sizes.h"

namespace memo {
namespace {

LayerWeights read_bert_layer(TensorReader& tensors, const ModelConfig& config, const BertLayerNames& names,
                             const std::string& prefix) {
  const auto& [query, key, value] = names.projections;
  LayerWeights weights;
  weights.qkv = tensors.stacked({prefix + query, prefix + key, prefix + value}, config.hidden);
  weights.attention_output = tensors.linear(prefix + names.output, config.hidden, config.hidden);
  weights.attention_norm = tensors.norm(prefix + names.norm, config.hidden);
  weights.feed_forward_in = tensors.linear(prefix + "intermediate.dense", config.intermediate, config.hidden);
  weights.feed_forward_out = tensors.linear(prefix + "output.dense", config.hidden, config.intermediate);
  weights.feed_forward_norm = tensors.norm(prefix + "output.LayerNorm", config.hidden);
  return weights;
}

}  // namespace

void read_bert_config(ConfigReader& json, ModelConfig& config) {
  json.require("position_embedding_type", "absolute");
  json.require("is_decoder", false);
  json.require("add_cross_attention", false);
  read_sizes(json, {}, config);
  config.token_types = json.size("type_vocab_size", kMaxTokenTypes);
  config.layer_norm_epsilon = json.epsilon("layer_norm_eps", 1e-12);
  config.activation = json.activation("hidden_act", "gelu");
}

void read_bert_embeddings(TensorReader& tensors, bool with_positions, Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config;
  const std::int64_t positions = config.position_offset + config.max_positions;
  checkpoint.word_embeddings =
      tensors.read("embeddings.word_embeddings.weight", {config.vocabulary, config.hidden});
  if (with_positions)
    checkpoint.position_embeddings =
        tensors.read("embeddings.position_embeddings.weight", {positions, config.hidden});
  if (config.token_types > 0)
    checkpoint.token_type_embeddings =
        tensors.read("embeddings.token_type_embeddings.weight", {config.token_types, config.hidden});
  checkpoint.embedding_norm = tensors.norm("embeddings.LayerNorm", config.hidden);
}

void read_bert_layers(TensorReader& tensors, const BertLayerNames& names, Checkpoint& checkpoint) {
  for (std::int64_t layer = 0; layer < checkpoint.config.layers && tensors.status(); ++layer)
    checkpoint.layers.push_back(
        read_bert_layer(tensors, checkpoint.config, names, fmt::format("encoder.layer.{}.", layer)));
}

}  // namespace memo
