// Weights of the layers that all checkpoints are made of.
#pragma once

#include <ATen/core/Tensor.h>

namespace memo {

struct LinearWeights {
  at::Tensor weight;  // [out, in] f32
  at::Tensor bias;    // [out]; undefined: none
};
struct LayerNormWeights {
  at::Tensor weight;  // [hidden]; undefined: this normalization does not exist
  at::Tensor bias;    // [hidden]
};

}  // namespace memo
