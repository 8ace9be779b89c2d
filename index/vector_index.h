// VectorIndex: nearest neighbours of one (space, layer) by L2 distance. FAISS is seen nowhere else.
//
// New features go to a flat tail that is searched exhaustively; maintain() moves them in small batches into an
// HNSW graph once there are many. There a feature is a node, and labels of features whose kept forms are equal
// share it, at some 35 bytes per label. So repeats cost little memory and no time, and no search gets lost among
// them.
//
// Nodes without live labels are tombstones until their feature is added again: a search skips them, and searches
// wider where it must. When there are too many, maintain() builds a compact graph beside the old one and puts it
// in its place. Meanwhile the graph takes twice its memory.
//
// The graph can be saved and loaded, as building it takes far longer than reading it. The tail is not saved: after
// loading, the caller adds the features again that the index does not contain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "index/distance/feature_format.h"
#include "index/features/neighbor.h"
#include "index/graph/image_streams.h"
#include "index/graph/index_options.h"

namespace memo {

struct VectorIndexStats {
  std::size_t live = 0;           // labels that a search can find
  std::size_t graph_nodes = 0;    // different features, tombstones included
  std::size_t removed_nodes = 0;  // tombstones: without a live label
  std::size_t tail = 0;           // labels that are not in the graph
  bool rebuilding = false;
  std::uint64_t rebuilds = 0;  // completed
};

// Bytes of memory that an index has in use.
struct VectorIndexMemory {
  std::size_t features = 0;  // of features of live labels alone; equal ones in the graph count once
  std::size_t links = 0;     // between them
  std::size_t other = 0;     // labels, tables, marks of searches, features of tombstones, room to grow
  std::size_t total() const { return features + links + other; }
};

// Threads: maintain() and save() are called by one thread, the maintenance thread; load() before there is any
// other; every other method by any thread. Searches run side by side, each on its caller's thread alone; add,
// remove and each move of maintain() exclude them for some microseconds.
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

  // Fills `nearest` with up to nearest.size() live neighbours, closest first; returns how many. Distances are
  // those to the kept features. The search ends when the nearest `settled` are found, just as a search for only
  // these would; the others are the nearest that it met on the way. Shapes: query [dimension].
  std::size_t search(std::span<const float> query, std::span<Neighbor> nearest,
                     std::size_t settled = SIZE_MAX) const;

  bool contains(std::uint64_t label) const;
  std::size_t size() const;  // live labels
  VectorIndexStats stats() const;
  VectorIndexMemory memory() const;

  // Moves a bounded batch from the tail to the graph, and takes a bounded step of a rebuild. True when more is to
  // do.
  bool maintain();

  // Writes the graph, in some hundred pieces per 100,000 features; searches, adds and removes may run meanwhile. A
  // label that is removed after the call has begun is either left out or saved with the stamp it had. False when
  // the sink ended it: what was written is not an image then.
  // Requires: a label is removed before it stands for something else.
  bool save(const StampOf& stamp_of, const ByteSink& sink) const;

  // Takes the graph that save() wrote, minus labels that are not current: nodes may become tombstones. contains()
  // tells which labels came back. Any bytes are safe to try; but only links that save() made lead to near
  // features.
  // Errors: what is wrong with the bytes; the index is still empty then.
  // Requires: nothing was ever added.
  [[nodiscard]] std::optional<std::string> load(std::span<const std::byte> bytes, const IsCurrent& is_current);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace memo
