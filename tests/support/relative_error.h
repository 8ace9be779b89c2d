// How far a result lies from the expected one.
#pragma once

#include <ATen/ATen.h>

#include "embed/training/torch_tensor.h"

namespace memo::test {

inline const at::Tensor& as_torch(const at::Tensor& tensor) {
  return tensor;
}
inline at::Tensor as_torch(const Tensor& tensor) {
  return to_torch(tensor);
}

// Norm of the difference over norm of the expected, of tensors of ours or of LibTorch.
template <typename Actual, typename Expected>
double relative_error(const Actual& actual, const Expected& expected) {
  const at::Tensor truth = as_torch(expected);
  return ((as_torch(actual) - truth).norm() / truth.norm()).template item<double>();
}

}  // namespace memo::test
