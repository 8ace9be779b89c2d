// FeatureTable: the features of a batch at one layer, made only for the sequences that need one, and once.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "embed/embedder.h"
#include "model/memo/layer_math.h"

namespace memo {

// Threads: one at a time. Lifetime: embedder, hidden and lengths outlive the table.
class FeatureTable {
 public:
  // Shapes: hidden [batch, padded, hidden]; lengths [batch].
  FeatureTable(const Embedder& embedder, const at::Tensor& hidden, std::span<const std::int32_t> lengths);

  // Makes the features that these sequences lack.
  void make(const Sequences& sequences);
  // Requires: made. Shapes: -> [feature_dimension]
  std::span<const float> of(std::int64_t sequence) const { return features_[static_cast<std::size_t>(sequence)]; }

 private:
  const Embedder& embedder_;
  const at::Tensor& hidden_;
  const std::span<const std::int32_t> lengths_;
  std::vector<std::span<const float>> features_;  // [batch]; empty where not made
  std::vector<at::Tensor> memory_;                // what features_ points into
};

}  // namespace memo
