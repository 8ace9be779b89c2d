// What features retrieve: for each text the one whose feature is nearest, among those whose maps can stand in for its.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace memo {

// Squared distances of all pairs. Shapes: a [m, d], b [n, d] -> [m, n]
at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b);

// Similarity of the `count` nearest that are found for each query; where there are fewer, the rest is left out.
// Shapes: distances [queries, stored]; similarity [queries, stored], negative where a map cannot stand in -> [found]
at::Tensor retrieved_similarity(const at::Tensor& distances, const at::Tensor& similarity, std::int64_t count = 1);

}  // namespace memo
