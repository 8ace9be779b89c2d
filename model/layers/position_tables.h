// PackedPositions: a layer's tables of relative positions, one row per distance, as the attention kernels read
// them.
#pragma once

#include <cstdint>
#include <vector>

#include "embed/tensor/tensor.h"
#include "model/checkpoint/checkpoint.h"
#include "model/kernels/kernels.h"
#include "model/layers/data_type.h"
#include "model/layers/huge_buffer.h"

namespace memo {

// The factor by which attention multiplies the sums of its terms.
float score_scale(const ModelConfig& config);

// Threads: any, after construction.
class PackedPositions {
 public:
  // For sequences of up to config.max_positions tokens. type: f32 or bf16.
  PackedPositions(const ModelConfig& config, const LayerWeights& weights, DataType type, const Kernels& kernels);

  PositionTables of_head(std::size_t head) const;

 private:
  const std::byte* pack(const Tensor& table, bool descending);
  void pack_biases(const Tensor& table);
  void pack_distance(const float* row, std::size_t column, std::byte* packed) const;

  const ModelConfig& config_;
  const DataType type_;
  const Kernels& kernels_;
  const std::size_t longest_;
  const std::size_t stride_;      // columns
  const std::size_t head_bytes_;  // of one head's table
  HugeBuffer memory_;
  std::byte* next_;
  const std::byte* keys_;
  const std::byte* queries_;
  std::vector<float> biases_;  // [heads, stride]; empty: none
};

}  // namespace memo
