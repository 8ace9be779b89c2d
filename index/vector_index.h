// VectorIndex: nearest neighbours of one (space, layer) by L2 distance. FAISS is seen nowhere else.
//
// New features go to a flat tail that is searched exhaustively; maintain() moves them in small batches into an
// HNSW graph once there are many. Labels removed from the graph are tombstones that a search skips, looking wider
// where it must; when there are too many, maintain() builds a compact graph beside the old one and puts it in its
// place. While it does, the graph takes twice its memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace memo {

struct Neighbor {
  std::uint64_t label = 0;
  float distance = 0;  // L2, not squared
};

struct VectorIndexOptions {
  std::uint32_t dimension = 0;
  std::size_t flat_limit = 4096;       // features kept flat before the graph is used
  std::uint32_t graph_neighbors = 32;  // HNSW M
  std::uint32_t build_effort = 100;    // HNSW efConstruction
  std::uint32_t search_effort = 64;    // HNSW efSearch, at least
  double rebuild_fraction = 0.25;      // the graph is rebuilt when more of its nodes than this are removed,
  std::size_t rebuild_minimum = 1024;  // and at least so many
};

struct VectorIndexStats {
  std::size_t live = 0;           // labels that a search can find
  std::size_t graph_nodes = 0;    // removed ones included
  std::size_t removed_nodes = 0;  // tombstones
  std::size_t tail = 0;
  bool rebuilding = false;
  std::uint64_t rebuilds = 0;  // completed
};

// Threads: maintain() is called by one thread, the maintenance thread; every other method by any thread. Searches run side by side, each on its caller's thread alone; add, remove and
// each move of maintain() exclude them for about a millisecond at most.
class VectorIndex {
 public:
  // Requires: 1 <= dimension.
  explicit VectorIndex(const VectorIndexOptions& options);
  ~VectorIndex();
  VectorIndex(const VectorIndex&) = delete;
  VectorIndex& operator=(const VectorIndex&) = delete;

  // Shapes: feature [dimension]. Requires: label is not in the index.
  void add(std::uint64_t label, std::span<const float> feature);

  // Makes the label unfindable. False when it is not there.
  bool remove(std::uint64_t label);

  // Fills `nearest` with up to nearest.size() live neighbours, closest first; returns how many.
  // Shapes: query [dimension].
  std::size_t search(std::span<const float> query, std::span<Neighbor> nearest) const;

  bool contains(std::uint64_t label) const;
  std::size_t size() const;  // live labels
  VectorIndexStats stats() const;

  // Moves a bounded batch from the tail to the graph, and takes a bounded step of a rebuild. True when there is more
  // to do.
  bool maintain();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace memo
