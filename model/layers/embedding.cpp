#include "model/layers/embedding.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace memo {

Embedding::Embedding(const Checkpoint& checkpoint, const Kernels& kernels)
    : checkpoint_(checkpoint),
      kernels_(kernels),
      norm_(checkpoint.embedding_norm, checkpoint.config.layer_norm_epsilon, kernels) {}

std::size_t Embedding::positions_of(std::span<const std::int32_t> ids) const {
  const auto padding = static_cast<std::size_t>(std::ranges::count(ids, checkpoint_.config.padding_id));
  return ids.size() - padding;
}

std::size_t Embedding::position_row(std::int32_t id, std::size_t& position) const {
  const ModelConfig& config = checkpoint_.config;
  if (id == config.padding_id) return static_cast<std::size_t>(config.padding_id);
  return static_cast<std::size_t>(config.position_offset) + position++;
}

void Embedding::run(const TokenSequence& tokens, std::size_t position, const ResidualRows& rows,
                    DataType type) const {
  const std::span<const std::int32_t> ids = tokens.ids;
  const ModelConfig& config = checkpoint_.config;
  const auto hidden = static_cast<std::size_t>(config.hidden);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    assert(ids[i] >= 0 && ids[i] < config.vocabulary);
    float* state = rows.states + i * hidden;
    std::memcpy(state, checkpoint_.word_embeddings.data_ptr<float>() + static_cast<std::size_t>(ids[i]) * hidden,
                hidden * sizeof(float));
    if (checkpoint_.position_embeddings.defined())
      kernels_.add(checkpoint_.position_embeddings.data_ptr<float>() + position_row(ids[i], position) * hidden,
                   state, hidden);
    const std::size_t kind = tokens.types.empty() ? 0 : static_cast<std::size_t>(tokens.types[i]);
    if (checkpoint_.token_type_embeddings.defined())
      kernels_.add(checkpoint_.token_type_embeddings.data_ptr<float>() + kind * hidden, state, hidden);
  }
  if (norm_.exists()) {
    norm_.run(rows.states, rows.states, rows.inputs, type, ids.size());
  } else if (type == DataType::bf16) {
    kernels_.round(rows.states, static_cast<Bf16*>(rows.inputs), ids.size() * hidden);
  }
}

}  // namespace memo
