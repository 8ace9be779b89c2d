// IntegerLinear: a linear layer whose weights are s8 or s16, and whose rows become integers as they come.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "model/layers/linear.h"

namespace memo {

// Each output has a scale for its weights, each row of x a scale and an offset. The products of integers are exact:
// their sums stay below 2^31.
class IntegerLinear final : public Linear {
 public:
  // As make_linear(). Requires: the type is s8 or s16.
  IntegerLinear(const Kernels& kernels, const Tensor& weight, const Tensor& bias, LinearOptions options);

  void run(LinearWorker& worker, const void* x, void* y, std::size_t rows) const override;

 private:
  float scale_of(const float* weights) const;
  void pack_output(std::size_t output, const float* weights);
  void store(std::size_t output, std::size_t input, std::int32_t weight);

  const LinearOptions options_;
  const IntegerKernels& kernels_;
  const std::uint32_t largest_level_;   // of a row
  const std::size_t units_;             // of a row
  const std::size_t outputs_;           // out() rounded up to whole panels
  std::shared_ptr<std::byte> weights_;  // panels
  std::vector<float> scales_;           // [outputs_]
  std::vector<float> sums_;             // [outputs_]
  std::vector<float> biases_;           // [outputs_]
};

}  // namespace memo
