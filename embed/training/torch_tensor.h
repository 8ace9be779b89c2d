// Converts our tensors to LibTorch's and back, for training and calibration.
#pragma once

#include <ATen/core/Tensor.h>

#include "embed/tensor/tensor.h"

namespace memo {

// Shares the elements, which live as long as either tensor. An undefined tensor stays undefined.
at::Tensor to_torch(const Tensor& tensor);

// A copy. Requires: f32, f16, bf16 or u8.
Tensor from_torch(const at::Tensor& tensor);

}  // namespace memo
