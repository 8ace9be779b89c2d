// Similarity of attention maps: 1 - total variation.
#pragma once

#include <ATen/core/Tensor.h>

namespace memo {

// Mean over rows of 1 - 1/2 sum |a - b|. Shapes: a, b [heads, length, length] -> [heads] f64.
at::Tensor head_similarities(const at::Tensor& a, const at::Tensor& b);

// A map of a longer sequence, cropped to `length` as the kernels crop it: rows are scaled to sum 1 again.
// Shapes: map [heads, longer, longer] -> [heads, length, length]. Requires: length <= longer.
at::Tensor cropped(const at::Tensor& map, std::int64_t length);

}  // namespace memo
