// How typical maps are: their similarity to the average of some of them. See embed/map_penalty.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/tuning/training/map_pairs.h"

namespace memo {

// The max. rows that an average keeps per head: enough to tell how typical a map is, and few enough to compare
// each published map with.
inline constexpr std::size_t kAverageRows = 16;

struct AverageRows {
  at::Tensor rows;           // [heads, rows, length] f32: the mean over the texts that have the row
  std::uint32_t stride = 1;  // in tokens
};

// Shapes: texts: indices of those that are averaged; length: of the bucket, at most maps.width
AverageRows average_rows(const MapRows& maps, const at::Tensor& texts, std::uint32_t length);

// Shapes: -> [texts] f32. In parallel, in the arena of the caller.
at::Tensor typicalities(const MapRows& maps, const AverageRows& average);

}  // namespace memo
