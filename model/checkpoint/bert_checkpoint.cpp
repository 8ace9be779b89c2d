#include "model/checkpoint/bert_checkpoint.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "model/checkpoint/fingerprint.h"
#include "model/checkpoint/tensor_reader.h"
#include "model/checkpoint/weight_files.h"

namespace memo {
namespace {

BertLayerWeights read_layer(TensorReader& reader, const BertConfig& config, std::int64_t layer) {
  const std::string prefix = fmt::format("encoder.layer.{}.", layer);
  BertLayerWeights weights;
  weights.qkv = reader.stacked(
      {prefix + "attention.self.query", prefix + "attention.self.key", prefix + "attention.self.value"},
      config.hidden);
  weights.attention_output = reader.linear(prefix + "attention.output.dense", config.hidden, config.hidden);
  weights.attention_norm = reader.norm(prefix + "attention.output.LayerNorm", config.hidden);
  weights.feed_forward_in = reader.linear(prefix + "intermediate.dense", config.intermediate, config.hidden);
  weights.feed_forward_out = reader.linear(prefix + "output.dense", config.hidden, config.intermediate);
  weights.feed_forward_norm = reader.norm(prefix + "output.LayerNorm", config.hidden);
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
  checkpoint.embedding_norm = reader.norm(prefix + "LayerNorm", config.hidden);
  for (std::int64_t layer = 0; layer < config.layers && reader.status(); ++layer)
    checkpoint.layers.push_back(read_layer(reader, config, layer));
  return checkpoint;
}

}  // namespace

Result<BertCheckpoint> BertCheckpoint::load(const std::string& folder) {
  auto config = BertConfig::load(folder);
  if (!config) return config.status();
  auto files = WeightFiles::open(folder);
  if (!files) return files.status();
  try {
    TensorReader reader(*files, "bert.");
    BertCheckpoint checkpoint = read_weights(reader, *config);
    if (!reader.status()) return reader.status();
    checkpoint.fingerprint = fingerprint_of(checkpoint);
    return checkpoint;
  } catch (const std::exception& error) {
    return Status(StatusCode::internal, fmt::format("{}: {}", folder, error.what()));
  }
}

}  // namespace memo
