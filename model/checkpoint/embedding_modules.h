// Embedding modules: what makes an embedding of a text's pooled states.
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
// Scaled to length 1.
struct NormalizeModule {};
struct LayerNormModule {
  LayerNormWeights norm;
  double epsilon = 1e-5;
};
// The first `size` numbers are kept.
struct TruncateModule {
  std::int64_t size = 0;
};

using EmbeddingModule = std::variant<DenseModule, NormalizeModule, LayerNormModule, TruncateModule>;

// Numbers of the vector that a module makes of one of `size` numbers.
std::int64_t size_after(const EmbeddingModule& module, std::int64_t size);

}  // namespace memo
