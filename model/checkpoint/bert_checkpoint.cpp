#include "model/checkpoint/bert_checkpoint.h"

#include <ATen/ops/cat.h>
#include <fmt/format.h>

#include <exception>
#include <utility>

#include "embed/safetensors.h"
#include "model/checkpoint/fingerprint.h"
#include "model/checkpoint/tensor_reader.h"

namespace memo {
namespace {

LinearWeights read_linear(TensorReader& reader, const std::string& name, std::int64_t out, std::int64_t in) {
  return {reader.read(name + ".weight", {out, in}), reader.read(name + ".bias", {out})};
}

LayerNormWeights read_norm(TensorReader& reader, const std::string& name, std::int64_t hidden) {
  return {reader.read(name + ".weight", {hidden}), reader.read(name + ".bias", {hidden})};
}

// Three [hidden, hidden] projections as one, so that a layer multiplies its input once.
LinearWeights read_qkv(TensorReader& reader, const std::string& prefix, std::int64_t hidden) {
  const LinearWeights query = read_linear(reader, prefix + "query", hidden, hidden);
  const LinearWeights key = read_linear(reader, prefix + "key", hidden, hidden);
  const LinearWeights value = read_linear(reader, prefix + "value", hidden, hidden);
  if (!reader.status()) return {};
  return {at::cat({query.weight, key.weight, value.weight}), at::cat({query.bias, key.bias, value.bias})};
}

BertLayerWeights read_layer(TensorReader& reader, const BertConfig& config, std::int64_t layer) {
  const std::string prefix = fmt::format("encoder.layer.{}.", layer);
  BertLayerWeights weights;
  weights.qkv = read_qkv(reader, prefix + "attention.self.", config.hidden);
  weights.attention_output = read_linear(reader, prefix + "attention.output.dense", config.hidden, config.hidden);
  weights.attention_norm = read_norm(reader, prefix + "attention.output.LayerNorm", config.hidden);
  weights.feed_forward_in = read_linear(reader, prefix + "intermediate.dense", config.intermediate, config.hidden);
  weights.feed_forward_out = read_linear(reader, prefix + "output.dense", config.hidden, config.intermediate);
  weights.feed_forward_norm = read_norm(reader, prefix + "output.LayerNorm", config.hidden);
  return weights;
}

BertCheckpoint read_weights(TensorReader& reader, const BertConfig& config) {
  BertCheckpoint checkpoint;
  checkpoint.config = config;
  const std::string prefix = "embeddings.";
  checkpoint.word_embeddings = reader.read(prefix + "word_embeddings.weight", {config.vocabulary, config.hidden});
  checkpoint.position_embeddings =
      reader.read(prefix + "position_embeddings.weight", {config.max_positions, config.hidden});
  checkpoint.token_type_embeddings =
      reader.read(prefix + "token_type_embeddings.weight", {config.token_types, config.hidden});
  checkpoint.embedding_norm = read_norm(reader, prefix + "LayerNorm", config.hidden);
  for (std::int64_t layer = 0; layer < config.layers && reader.status(); ++layer)
    checkpoint.layers.push_back(read_layer(reader, config, layer));
  return checkpoint;
}

}  // namespace

Result<BertCheckpoint> BertCheckpoint::load(const std::string& folder) {
  auto config = BertConfig::load(folder);
  if (!config) return config.status();
  const std::string path = folder + "/model.safetensors";
  auto file = SafetensorsFile::open(path);
  if (!file) return file.status();
  try {
    TensorReader reader(*file);
    BertCheckpoint checkpoint = read_weights(reader, *config);
    if (!reader.status()) return reader.status();
    checkpoint.fingerprint = fingerprint_of(checkpoint);
    return checkpoint;
  } catch (const std::exception& error) {
    return Status(StatusCode::internal, fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace memo
