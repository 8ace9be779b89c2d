// What features retrieve: for each text, the text with the nearest feature among those whose maps can stand in for
// its map.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace memo {

// Squared distances of all pairs. Shapes: a [m, d], b [n, d] -> [m, n]
at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b);

// For each pair of texts, how well the longer one's map stands in for the shorter one's; 1 for a text and itself.
// Shapes: similarity [texts, texts], as SiameseSamples -> [texts, texts], symmetric
at::Tensor similarity_kernel(const at::Tensor& similarity);

// Shapes: [found] each
struct Retrieved {
  at::Tensor distance, similarity;
};

// How many of the nearest memos a store orders by penalty.
inline constexpr std::int64_t kOrderedByPenalty = 64;

// The `count` texts that are found for each query, query by query; fewer where there are fewer. They are the
// nearest that can stand in; with penalties, the best of the nearest kOrderedByPenalty of those by distance times
// penalty.
// Shapes: distances [queries, stored], not squared where there are penalties; similarity [queries, stored],
//         negative where a map cannot stand in; penalties [stored], or none
Retrieved retrieve(const at::Tensor& distances, const at::Tensor& similarity, std::int64_t count,
                   const at::Tensor& penalties = {});

}  // namespace memo
