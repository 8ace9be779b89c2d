// Pooling: makes one vector of a sequence's final states, and passes it through embedding modules.
// Source: Pooling, Dense, Normalize and LayerNorm of sentence-transformers.
#pragma once

#include <cstddef>
#include <span>

#include "embed/tensor/tensor.h"
#include "model/checkpoint/embedding_modules.h"
#include "model/checkpoint/model_config.h"
#include "model/kernels/kernels.h"

namespace memo {

// Of one sequence. Shapes: states [length, hidden]
struct SequenceStates {
  const float* states;
  std::size_t length;
  std::size_t hidden;
  std::size_t skipped = 0;  // rows at the beginning that are left out
};

// Where every row is skipped, a mean is 0, and cls takes the first row.
// Shapes: -> out [hidden]
void pool(Pooling mode, const SequenceStates& sequence, const Kernels& kernels, float* out);

// One after the other. Shapes: vectors [batch, size] -> [batch, checkpoint.embedding_size()]
Tensor apply_modules(std::span<const EmbeddingModule> modules, Tensor vectors);

// As Normalize does: a vector of zeros stays one.
void scale_to_length_one(std::span<float> vector);

}  // namespace memo
