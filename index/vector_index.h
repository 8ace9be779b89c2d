// VectorIndex: nearest neighbours of one (space, layer) by L2 distance. FAISS is seen nowhere else.
//
// New features go to a flat tail that is searched exhaustively; maintain() moves them in small batches into an
// HNSW graph once there are many. There a feature is a node, and labels of features that are equal as they are kept
// share it, at some 35 bytes a label: repeats cost neither memory nor time, and no search goes astray among them.
//
// Nodes without live labels are tombstones that a search skips, looking wider where it must, until their feature comes
// again; when there are too many, maintain() builds a compact graph beside the old one and puts it in its place. While
// it does, the graph takes twice its memory.
//
// The graph can be saved and loaded, as building it takes far longer than reading it. The tail is not saved: whoever
// loads adds again what the index does not contain then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "index/feature_format.h"

namespace memo {

struct Neighbor {
  std::uint64_t label = 0;
  float distance = 0;  // L2, not squared
};

struct VectorIndexOptions {
  std::uint32_t dimension = 0;
  FeatureFormat features = FeatureFormat::f32;  // as they are kept in memory, and compared
  std::size_t flat_limit = 2048;                // features kept flat before the graph is used
  std::uint32_t graph_neighbors = 24;           // HNSW M
  std::uint32_t build_effort = 100;             // HNSW efConstruction
  std::uint32_t search_effort = 64;             // HNSW efSearch, at least
  // A search ends early once it has gone on from so many nodes, or 2 log2 of all where that is more, without finding
  // one for its answer; 0: never.
  std::uint32_t search_patience = 32;
  double rebuild_fraction = 0.25;      // the graph is rebuilt when more of its nodes than this are tombstones,
  std::size_t rebuild_minimum = 1024;  // and at least so many
};

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
  std::size_t features = 0;  // of live labels, equal ones in the graph once, as bytes of them alone
  std::size_t links = 0;     // between them
  std::size_t other = 0;     // labels, tables, marks of searches, features of tombstones, room to grow
  std::size_t total() const { return features + links + other; }
};

// Takes the next bytes of a stream; false to end it.
using ByteSink = std::function<bool(std::span<const std::byte> bytes)>;
// What a label stands for just now, as a word that never comes back once it has changed; 0 for nothing. It is asked
// about removed labels, too.
using StampOf = std::function<std::uint64_t(std::uint64_t label)>;
// Whether a label still stands for what it did when it was saved with this stamp. Damaged bytes may ask about any
// label.
using IsCurrent = std::function<bool(std::uint64_t label, std::uint64_t stamp)>;

// Threads: maintain() and save() are called by one thread, the maintenance thread; load() before there is any other;
// every other method by any thread. Searches run side by side, each on its caller's thread alone; add, remove and
// each move of maintain() exclude them for some microseconds.
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

  // Fills `nearest` with up to nearest.size() live neighbours, closest first; returns how many. Distances are to
  // features as they are kept. The search ends when the first `settled` are found, as if only so many were asked for;
  // the others are the nearest that it came by. Shapes: query [dimension].
  std::size_t search(std::span<const float> query, std::span<Neighbor> nearest,
                     std::size_t settled = SIZE_MAX) const;

  bool contains(std::uint64_t label) const;
  std::size_t size() const;  // live labels
  VectorIndexStats stats() const;
  VectorIndexMemory memory() const;

  // Moves a bounded batch from the tail to the graph, and takes a bounded step of a rebuild. True when there is more
  // to do.
  bool maintain();

  // Writes the graph, in some hundred pieces per 100,000 features; searches, adds and removes go on meanwhile. What
  // is removed after the call has begun is either left out or saved with the stamp it had. False when the sink ended
  // it: what was written is not an image then.
  // Requires: a label is removed before it stands for something else.
  bool save(const StampOf& stamp_of, const ByteSink& sink) const;

  // Takes the graph that save() wrote, minus labels that are not current: nodes may become tombstones. contains() tells which
  // labels came back. Any bytes are safe to try; but only links that save() made find what is near.
  // Errors: what is wrong with the bytes; the index is still empty then.
  // Requires: nothing was ever added.
  [[nodiscard]] std::optional<std::string> load(std::span<const std::byte> bytes, const IsCurrent& is_current);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace memo
