// GraphWalk: goes along the links of a graph to the nodes nearest to a query.
//
// FAISS's own loop computes one distance at a time, each of which waits for memory; in a million features that is what
// a search's time goes to. Here nodes to compare wait in a queue, their features are asked for ahead of use, and four
// distances are computed at once. The walk goes on from the next node while some still wait, so that memory is never
// idle: it may learn of a nearer one too late, and looks at one or two nodes in a hundred more for it.
//
// Source: Malkov and Yashunin, arXiv 1603.09320, algorithms 2 and 5.
#pragma once

#include <faiss/impl/HNSW.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "index/beam.h"
#include "index/feature_list.h"
#include "index/l2.h"
#include "index/seen_nodes.h"

namespace memo {

// What a walk needs besides the graph; reused from walk to walk. Nothing is seen in between.
struct WalkMemory {
  SeenNodes seen;
  Beam beam;
  std::size_t memory_bytes() const { return seen.memory_bytes(); }
};

// How far a walk looks. Equally far nodes that do not matter are left out (Beam).
struct WalkEffort {
  std::size_t width = 0;  // nodes that it keeps: it ends when it has gone on from all of them,
  std::size_t best = 0;   // or from `patience` nodes without finding one for the `best` nearest
  std::size_t patience = SIZE_MAX;
};

// Threads: one; beside others that only read the graph.
class GraphWalk {
 public:
  // Shapes: query [dimension]. Lifetime: all of it outlives this. Requires, of the walks: the graph has a node.
  GraphWalk(const faiss::HNSW& links, const FeatureList& features, const float* query, WalkMemory& memory);

  // From the entry point down, on every level above `level`, to the node nearest to the query by greedy steps.
  NodeDistance descend_to(int level) const;

  // Fills memory.beam with the nearest nodes that the links of one level lead to. False when patience ended it: only
  // the best are what there is then. Requires: 0 < width.
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
  std::size_t asked_for_ = 0;  // of those that wait, from the first on
};

// The links of a node on one level, -1 after the last one.
inline std::span<const faiss::HNSW::storage_idx_t> links_of(const faiss::HNSW& links, int node, int level) {
  const auto on = static_cast<std::size_t>(level);
  const auto first = static_cast<std::size_t>(links.cum_nneighbor_per_level[on]);
  const auto end = static_cast<std::size_t>(links.cum_nneighbor_per_level[on + 1]);
  return {links.neighbors.data() + links.offsets[static_cast<std::size_t>(node)] + first, end - first};
}

}  // namespace memo
