// GraphWalk: goes along the links of a graph to the nodes nearest to a query.
//
// FAISS's own loop computes one distance at a time, each of which waits for memory. This one gathers the unseen
// neighbours of a node, asks for their features ahead of use, and computes four distances at once; in a million
// features that is what a search's time goes to.
//
// Source: Malkov and Yashunin, arXiv 1603.09320, algorithms 2 and 5.
#pragma once

#include <faiss/impl/HNSW.h>

#include <array>
#include <cstddef>
#include <vector>

#include "index/beam.h"
#include "index/feature_list.h"
#include "index/l2.h"
#include "index/visited_marks.h"

namespace memo {

// What a walk needs besides the graph; reused from walk to walk. Marks are clear in between.
struct WalkMemory {
  VisitedMarks marks;
  Beam beam;
  std::vector<int> unseen;
  std::size_t memory_bytes() const { return marks.memory_bytes(); }
};

// Threads: one; beside others that only read the graph.
class GraphWalk {
 public:
  // Shapes: query [dimension]. Lifetime: all of it outlives this. Requires, of the walks: the graph has a node.
  GraphWalk(const faiss::HNSW& links, const FeatureList& features, const float* query, WalkMemory& memory);

  // From the entry point down, on every level above `level`, to the node nearest to the query by greedy steps.
  NodeDistance descend_to(int level) const;

  // Fills memory.beam with the `width` nearest nodes that the links of one level lead to.
  void search_level(int level, NodeDistance start, std::size_t width);

 private:
  NodeDistance nearer_neighbor(int level, NodeDistance from) const;
  void go_on_from(int node, int level);
  void offer(int node, float distance, int level);
  const std::byte* code(int node) const { return features_.code(static_cast<std::size_t>(node)); }
  void prefetch_code(int node) const;
  void prefetch_links(int node, int level) const;

  const faiss::HNSW& links_;
  const FeatureList& features_;
  const L2Kernels& kernels_;
  const std::size_t dimension_;
  const std::size_t code_bytes_;
  const float* query_;
  WalkMemory& memory_;
};

// The links of a node on one level, -1 after the last one.
inline std::span<const faiss::HNSW::storage_idx_t> links_of(const faiss::HNSW& links, int node, int level) {
  const auto on = static_cast<std::size_t>(level);
  const auto first = static_cast<std::size_t>(links.cum_nneighbor_per_level[on]);
  const auto end = static_cast<std::size_t>(links.cum_nneighbor_per_level[on + 1]);
  return {links.neighbors.data() + links.offsets[static_cast<std::size_t>(node)] + first, end - first};
}

}  // namespace memo
