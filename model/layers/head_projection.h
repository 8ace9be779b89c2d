// HeadProjection: queries and keys of the heads that compute, and the values of all heads, in one product.
#pragma once

#include <cstdint>
#include <vector>

#include "model/checkpoint/checkpoint.h"
#include "model/layers/linear.h"

namespace memo {

// Threads: any. Shapes: x [rows, hidden] -> y [rows, columns()], of values_of(type).
class HeadProjection {
 public:
  // Keeps and multiplies only the rows of the QKV weight for these heads' queries and keys, and all value rows.
  // Requires: computed [heads].
  HeadProjection(const dnnl::engine& engine, const Kernels& kernels, const ModelConfig& config,
                 const LinearWeights& qkv, const std::vector<bool>& computed, DataType type);

  void run(LinearWorker& worker, const void* x, void* y, std::size_t rows) const {
    linear_->run(worker, x, y, rows);
  }

  std::size_t columns() const { return static_cast<std::size_t>(linear_->out()); }
  // The first column of a head's part. Requires, for queries and keys: the head computes.
  std::size_t query(std::size_t head) const { return place_[head] * head_dim_; }
  std::size_t key(std::size_t head) const { return (computed_ + place_[head]) * head_dim_; }
  std::size_t value(std::size_t head) const { return (2 * computed_ + head) * head_dim_; }

 private:
  std::size_t head_dim_;
  std::size_t computed_;            // heads that compute
  std::vector<std::size_t> place_;  // [heads]: a head's place among them
  std::unique_ptr<const Linear> linear_;
};

}  // namespace memo
