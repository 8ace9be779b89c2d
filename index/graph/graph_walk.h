// GraphWalk: goes along the links of a graph to the nodes nearest to a query.
//
// FAISS's own loop computes one distance at a time, and each waits for memory; in a million features, a search
// spends its time on that. Here nodes to compare wait in a queue, their features are prefetched, and four
// distances are computed at once. The walk expands the next node while some still wait, so memory is never idle.
// It may therefore learn of a nearer node too late, and examines one or two percent more nodes.
//
// Source: Malkov and Yashunin, arXiv 1603.09320, algorithms 2 and 5.
#pragma once

#include <faiss/impl/HNSW.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "index/distance/l2.h"
#include "index/features/feature_list.h"
#include "index/graph/beam.h"
#include "index/graph/seen_nodes.h"

namespace memo {

// A walk's working memory, reused from walk to walk. Between walks, no node is marked as seen.
struct WalkMemory {
  SeenNodes seen;
  Beam beam;
  std::size_t memory_bytes() const { return seen.memory_bytes(); }
};

// How far a walk searches. It leaves out equally far nodes that do not matter (Beam).
struct WalkEffort {
  std::size_t width = 0;  // nodes that it keeps: it ends when it has expanded all of them,
  std::size_t best = 0;   // or from `patience` nodes without finding one for the `best` nearest
  std::size_t patience = SIZE_MAX;
};

// Threads: one; beside others that only read the graph.
class GraphWalk {
 public:
  // Shapes: query [dimension]. Lifetime: all arguments outlive this. Requires, for a walk: the graph has a node.
  GraphWalk(const faiss::HNSW& links, const FeatureList& features, const float* query, WalkMemory& memory);

  // From the entry point down, on every level above `level`, to the node nearest to the query by greedy steps.
  NodeDistance descend_to(int level) const;

  // Fills memory.beam with the nearest nodes that the links of one level lead to. False when patience ended it:
  // then only the best are reliable. Requires: 0 < width.
  bool search_level(int level, NodeDistance start, const WalkEffort& effort);

 private:
  NodeDistance nearer_neighbor(int level, NodeDistance from) const;
  void see_more(int level);
  void compare_some(int level);
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
  std::size_t asked_for_ = 0;  // of the waiting nodes, from the first on
};

// The links of a node on one level, -1 after the last one.
inline std::span<const faiss::HNSW::storage_idx_t> links_of(const faiss::HNSW& links, int node, int level) {
  const auto on = static_cast<std::size_t>(level);
  const auto first = static_cast<std::size_t>(links.cum_nneighbor_per_level[on]);
  const auto end = static_cast<std::size_t>(links.cum_nneighbor_per_level[on + 1]);
  return {links.neighbors.data() + links.offsets[static_cast<std::size_t>(node)] + first, end - first};
}

}  // namespace memo
