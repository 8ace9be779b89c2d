// What features retrieve: for each text the one whose feature is nearest, among those whose maps can stand in for its.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace memo {

// Squared distances of all pairs. Shapes: a [m, d], b [n, d] -> [m, n]
at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b);

// Shapes: [found] each
struct Retrieved {
  at::Tensor distance, similarity;
};

// The `count` nearest that are found for each query, query by query; where there are fewer, the rest is left out.
// Shapes: distances [queries, stored]; similarity [queries, stored], negative where a map cannot stand in
Retrieved retrieve(const at::Tensor& distances, const at::Tensor& similarity, std::int64_t count);

}  // namespace memo
