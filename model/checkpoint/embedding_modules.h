// Embedding modules: they make an embedding of a text's pooled states.
// Source: the modules of sentence-transformers that follow Pooling.
#pragma once

#include <cstdint>
#include <variant>

#include "embed/tensor/functions.h"
#include "model/checkpoint/weights.h"

namespace memo {

// activation(linear(x))
struct DenseModule {
  LinearWeights linear;  // [out, in]
  Function activation = Function::tanh;
};
// Scales the vector to length 1.
struct NormalizeModule {};
struct LayerNormModule {
  LayerNormWeights norm;
  double epsilon = 1e-5;
};
// Keeps the first `size` numbers.
struct TruncateModule {
  std::int64_t size = 0;
};

using EmbeddingModule = std::variant<DenseModule, NormalizeModule, LayerNormModule, TruncateModule>;

// The size of the vector that a module makes of one with `size` numbers.
std::int64_t size_after(const EmbeddingModule& module, std::int64_t size);

}  // namespace memo
