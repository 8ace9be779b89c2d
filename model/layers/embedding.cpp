#include "model/layers/embedding.h"

#include <cassert>
#include <cstring>

namespace memo {

Embedding::Embedding(const Checkpoint& checkpoint, const Kernels& kernels)
    : checkpoint_(checkpoint),
      kernels_(kernels),
      norm_(checkpoint.embedding_norm, checkpoint.config.layer_norm_epsilon, kernels) {}

void Embedding::run(std::span<const std::int32_t> ids, std::size_t position, const ResidualRows& rows,
                    DataType type) const {
  const ModelConfig& config = checkpoint_.config;
  const auto hidden = static_cast<std::size_t>(config.hidden);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    assert(ids[i] >= 0 && ids[i] < config.vocabulary);
    float* state = rows.states + i * hidden;
    std::memcpy(state, checkpoint_.word_embeddings.data_ptr<float>() + static_cast<std::size_t>(ids[i]) * hidden,
                hidden * sizeof(float));
    const std::size_t place = static_cast<std::size_t>(config.position_offset) + position + i;
    if (checkpoint_.position_embeddings.defined())
      kernels_.add(checkpoint_.position_embeddings.data_ptr<float>() + place * hidden, state, hidden);
    // Every token is of type 0: one text an input, not a pair.
    if (checkpoint_.token_type_embeddings.defined())
      kernels_.add(checkpoint_.token_type_embeddings.data_ptr<float>(), state, hidden);
  }
  if (norm_.exists()) {
    norm_.run(rows.states, rows.states, rows.inputs, type, ids.size());
  } else if (type == DataType::bf16) {
    kernels_.round(rows.states, static_cast<Bf16*>(rows.inputs), ids.size() * hidden);
  }
}

}  // namespace memo
