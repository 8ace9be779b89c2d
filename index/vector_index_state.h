// The data of a VectorIndex, and the locks that protect it. Private to index/.
#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>  // shared_lock
#include <vector>

#include "index/fair_shared_mutex.h"
#include "index/features/feature_tail.h"
#include "index/graph/feature_graph.h"
#include "index/graph/graph_image.h"
#include "index/graph/graph_rebuild.h"
#include "index/vector_index.h"

namespace memo {

struct VectorIndex::State {
  explicit State(const VectorIndexOptions& given)
      : options(given), tail({given.dimension, given.features}), graph(std::make_unique<FeatureGraph>(given)) {}

  // With the lock, shared or alone:
  bool contains(std::uint64_t label) const { return tail.contains(label) || graph->contains(label); }
  std::size_t live() const { return tail.size() + graph->live(); }
  bool tail_is_due() const;
  bool rebuild_is_due() const;

  // The maintenance thread's, without the lock:
  void move_batch();
  bool move_one();
  void start_rebuild();
  void step_rebuild();
  void finish_rebuild();
  PlaceStamps stamps(const StampOf& stamp_of) const;

  const VectorIndexOptions options;

  // Protects everything below. Searches share it; add, remove and each move of maintain() are alone: FAISS allows
  // concurrent searches, but a search beside an add reads link arrays while they are reallocated and rewritten.
  //
  // Only the maintenance thread changes `graph` and `rebuild` themselves and adds nodes and labels to a graph, and
  // only alone. So it may read these without the lock, for any time, and of the graph the links, the features, the
  // nodes by code, and the present or past label of a place. It may not read the tail this way, or which labels
  // are removed.
  //
  // Whenever the lock is free, a live label is either in the tail or in the graph, never in both: moving one, and
  // replacing the graph by one with the same live labels, each happen under one hold of the lock.
  mutable FairSharedMutex mutex;
  FeatureTail tail;
  std::unique_ptr<FeatureGraph> graph;    // never null
  std::unique_ptr<GraphRebuild> rebuild;  // while one is under way
  std::uint64_t rebuilds = 0;
};

}  // namespace memo
