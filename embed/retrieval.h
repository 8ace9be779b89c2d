// What features retrieve: for each text the one whose feature is nearest, among those whose maps can stand in for its.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace memo {

// Squared distances of all pairs. Shapes: a [m, d], b [n, d] -> [m, n]
at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b);

// What is known of each pair of texts: how well the longer one's map stands in for the shorter one's; 1 of a text and itself.
// Shapes: similarity [texts, texts], as SiameseSamples -> [texts, texts], symmetric
at::Tensor similarity_kernel(const at::Tensor& similarity);

// Shapes: [found] each
struct Retrieved {
  at::Tensor distance, similarity;
};

// So many of the nearest a store orders by penalty.
inline constexpr std::int64_t kOrderedByPenalty = 64;

// The `count` that are found for each query, query by query; where there are fewer, the rest is left out. They are the
// nearest that can stand in; with penalties, the best of the nearest kOrderedByPenalty of those by distance times penalty.
// Shapes: distances [queries, stored], not squared where there are penalties; similarity [queries, stored], negative
//         where a map cannot stand in; penalties [stored], or none
Retrieved retrieve(const at::Tensor& distances, const at::Tensor& similarity, std::int64_t count,
                   const at::Tensor& penalties = {});

}  // namespace memo
