// DistilBERT: BERT's layers under other names, without token types.
// Source: Sanh et al., arXiv 1910.01108; Hugging Face's DistilBertModel and DistilBertForSequenceClassification.
#include <fmt/format.h>

#include "model/families/family.h"
#include "model/families/sizes.h"
#include "model/families/task.h"

namespace memo {
namespace {

// Not in the config: the published implementation fixes it.
constexpr double kLayerNormEpsilon = 1e-12;

// sinusoidal_pos_embds says only how position embeddings were initialized; their values are always in the file.
void read_distilbert_config(ConfigReader& json, ModelConfig& config) {
  read_sizes(json, {"dim", "n_layers", "n_heads", "hidden_dim", "max_position_embeddings"}, config);
  config.layer_norm_epsilon = kLayerNormEpsilon;
  config.activation = json.activation("activation", "gelu");
  read_task(json, Pooling::cls, config);
}

LayerWeights read_distilbert_layer(TensorReader& tensors, const ModelConfig& config, const std::string& prefix) {
  const std::string attention = prefix + "attention.";
  LayerWeights weights;
  weights.qkv = tensors.stacked({attention + "q_lin", attention + "k_lin", attention + "v_lin"}, config.hidden);
  weights.attention_output = tensors.linear(attention + "out_lin", config.hidden, config.hidden);
  weights.attention_norm = tensors.norm(prefix + "sa_layer_norm", config.hidden);
  weights.feed_forward_in = tensors.linear(prefix + "ffn.lin1", config.intermediate, config.hidden);
  weights.feed_forward_out = tensors.linear(prefix + "ffn.lin2", config.hidden, config.intermediate);
  weights.feed_forward_norm = tensors.norm(prefix + "output_layer_norm", config.hidden);
  return weights;
}

void read_embeddings(TensorReader& tensors, Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config;
  checkpoint.word_embeddings =
      tensors.read("embeddings.word_embeddings.weight", {config.vocabulary, config.hidden});
  checkpoint.position_embeddings =
      tensors.read("embeddings.position_embeddings.weight", {config.max_positions, config.hidden});
  checkpoint.embedding_norm = tensors.norm("embeddings.LayerNorm", config.hidden);
}

void read_distilbert_weights(ConfigReader&, TensorReader& tensors, Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config;
  read_embeddings(tensors, checkpoint);
  for (std::int64_t layer = 0; layer < config.layers && tensors.status(); ++layer)
    checkpoint.layers.push_back(
        read_distilbert_layer(tensors, config, fmt::format("transformer.layer.{}.", layer)));
  if (config.task != Task::classification) return;
  checkpoint.classification = {tensors.linear("pre_classifier", config.hidden, config.hidden), Activation::relu,
                               tensors.linear("classifier", label_count(config), config.hidden)};
}

constexpr std::string_view kDistilBertTypes[] = {"distilbert"};

}  // namespace

const FamilyReader kDistilBertReader = {Family::distilbert, kDistilBertTypes, "distilbert.",
                                        read_distilbert_config, read_distilbert_weights};

}  // namespace memo
