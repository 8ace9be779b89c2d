// How an index keeps its features, and its effort in building and searching.
#pragma once

#include <cstddef>
#include <cstdint>

#include "index/distance/feature_format.h"

namespace memo {

struct VectorIndexOptions {
  std::uint32_t dimension = 0;
  FeatureFormat features = FeatureFormat::f32;  // the format in memory, which is also compared
  std::size_t flat_limit = 2048;                // features kept flat before the graph is used
  std::uint32_t graph_neighbors = 24;           // HNSW M
  std::uint32_t build_effort = 100;             // HNSW efConstruction
  std::uint32_t search_effort = 64;             // HNSW efSearch, at least
  // A search ends early once it has expanded this many nodes, or 2 log2 of all nodes where that is more, without
  // finding one for its answer; 0: never.
  std::uint32_t search_patience = 32;
  double rebuild_fraction = 0.25;      // the graph is rebuilt when more of its nodes than this are tombstones,
  std::size_t rebuild_minimum = 1024;  // and at least this many
};

}  // namespace memo
