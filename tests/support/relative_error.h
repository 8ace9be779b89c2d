// How far a result lies from the expected one.
#pragma once

#include <ATen/ATen.h>

namespace memo::test {

// Norm of the difference over norm of the expected.
inline double relative_error(const at::Tensor& actual, const at::Tensor& expected) {
  return ((actual - expected).norm() / expected.norm()).item<double>();
}

}  // namespace memo::test
