// Tensors of ours as LibTorch's, and back, for what trains and calibrates.
#pragma once

#include <ATen/core/Tensor.h>

#include "embed/tensor/tensor.h"

namespace memo {

// The same elements, which live as long as either. An undefined tensor stays one.
at::Tensor to_torch(const Tensor& tensor);

// A copy. Requires: f32, f16, bf16 or u8.
Tensor from_torch(const at::Tensor& tensor);

}  // namespace memo
