// Weights of the layers that all checkpoints are made of.
#pragma once

#include "embed/tensor/tensor.h"

namespace memo {

struct LinearWeights {
  Tensor weight;  // [out, in] f32
  Tensor bias;    // [out]; undefined: none
};
struct LayerNormWeights {
  Tensor weight;  // [hidden]; undefined: this normalization does not exist
  Tensor bias;    // [hidden]
};

}  // namespace memo
