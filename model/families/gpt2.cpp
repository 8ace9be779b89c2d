// GPT-2: a decoder that normalizes before attention and before feed-forward, and stores its matrices [in, out].
// Source: Radford et al., "Language Models are Unsupervised Multitask Learners"; Hugging Face's GPT2Model,
// GPT2LMHeadModel and GPT2ForSequenceClassification.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/families/family.h"
#include "model/families/sizes.h"
#include "model/families/task.h"

namespace memo {
namespace {

// The inner size, as a multiple of the hidden size, where the config does not state it.
constexpr std::int64_t kInnerFactor = 4;

void require_defaults(ConfigReader& json) {
  json.require("scale_attn_weights", true);
  json.require("scale_attn_by_inverse_layer_idx", false);
  json.require("reorder_and_upcast_attn", false);
  json.require("add_cross_attention", false);
}

void read_gpt2_sizes(ConfigReader& json, ModelConfig& config) {
  const bool older = !json.has("n_positions") && json.has("n_ctx");
  const SizeNames names = {"n_embd", "n_layer", "n_head", nullptr, older ? "n_ctx" : "n_positions"};
  read_sizes(json, names, config);
  config.intermediate = json.number("n_inner", {1, kMaxIntermediate, kInnerFactor * config.hidden});
}

void read_gpt2_config(ConfigReader& json, ModelConfig& config) {
  require_defaults(json);
  read_gpt2_sizes(json, config);
  config.layer_norm_epsilon = json.epsilon("layer_norm_epsilon", 1e-5);
  config.activation = json.activation("activation_function", "gelu_new");
  config.norm_placement = NormPlacement::before;
  config.causal = true;
  config.pooling = {Pooling::last};
  read_task(json, Pooling::last, config);
}

// [in, out] -> [out, in]
LinearWeights read_transposed(TensorReader& tensors, const std::string& name, std::int64_t out, std::int64_t in) {
  const Tensor stored = tensors.read(name + ".weight", {in, out});
  const Tensor bias = tensors.read(name + ".bias", {out});
  if (!tensors.status()) return {};
  return {transpose(stored), bias};
}

LayerWeights read_gpt2_layer(TensorReader& tensors, const ModelConfig& config, const std::string& prefix) {
  LayerWeights weights;
  weights.attention_norm = tensors.norm(prefix + "ln_1", config.hidden);
  weights.qkv = read_transposed(tensors, prefix + "attn.c_attn", 3 * config.hidden, config.hidden);
  weights.attention_output = read_transposed(tensors, prefix + "attn.c_proj", config.hidden, config.hidden);
  weights.feed_forward_norm = tensors.norm(prefix + "ln_2", config.hidden);
  weights.feed_forward_in = read_transposed(tensors, prefix + "mlp.c_fc", config.intermediate, config.hidden);
  weights.feed_forward_out = read_transposed(tensors, prefix + "mlp.c_proj", config.hidden, config.intermediate);
  return weights;
}

// The logits are products with the word embeddings unless the config unties them.
Tensor read_next_token(ConfigReader& json, TensorReader& tensors, const Checkpoint& checkpoint) {
  if (json.flag("tie_word_embeddings", true)) return checkpoint.word_embeddings;
  return tensors.read("lm_head.weight", {checkpoint.config.vocabulary, checkpoint.config.hidden});
}

void read_gpt2_weights(ConfigReader& json, TensorReader& tensors, Checkpoint& checkpoint) {
  const ModelConfig& config = checkpoint.config;
  checkpoint.word_embeddings = tensors.read("wte.weight", {config.vocabulary, config.hidden});
  checkpoint.position_embeddings = tensors.read("wpe.weight", {config.max_positions, config.hidden});
  for (std::int64_t layer = 0; layer < config.layers && tensors.status(); ++layer)
    checkpoint.layers.push_back(read_gpt2_layer(tensors, config, fmt::format("h.{}.", layer)));
  checkpoint.final_norm = tensors.norm("ln_f", config.hidden);
  if (config.task == Task::next_token) checkpoint.next_token = read_next_token(json, tensors, checkpoint);
  if (config.task == Task::classification)
    checkpoint.classification.out.weight = tensors.read("score.weight", {label_count(config), config.hidden});
}

constexpr std::string_view kGpt2Types[] = {"gpt2"};

}  // namespace

const FamilyReader kGpt2Reader = {Family::gpt2, kGpt2Types, "transformer.", read_gpt2_config, read_gpt2_weights};

}  // namespace memo
