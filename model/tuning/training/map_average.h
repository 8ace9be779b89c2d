// MapAverage: the mean attention map of a layer over many sequences of different lengths.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace memo {

// Threads: one at a time.
class MapAverage {
 public:
  MapAverage(std::int64_t heads, std::int64_t bucket);
  // Not copied: copies of a tensor share its elements.
  MapAverage(MapAverage&&) = default;
  MapAverage& operator=(MapAverage&&) = default;

  // Adds a sequence's map. Shapes: map [heads, length, length], length at most bucket.
  void add(const at::Tensor& map);

  // [heads, bucket, bucket] f32. An element is the mean over the sequences long enough to have its row and column;
  // rows are then scaled to sum 1. A row that no sequence had is uniform.
  at::Tensor mean() const;

 private:
  at::Tensor sum_;                       // [heads, bucket, bucket] f64
  std::vector<std::int64_t> ending_at_;  // [bucket + 1]: sequences of this length
};

}  // namespace memo
