// FeatureGraph: an HNSW graph over features. FAISS keeps the links; the features, their distances and the walks
// are ours.
//
// Why faiss::HNSW without faiss::IndexHNSWFlat around it: IndexHNSWFlat::add() sets up locks for every vector at
// every call (O(N)), and spends as long on relinking as on searching. Its L2 is scalar in Debian's build, and its
// search waits for memory at every distance (docs/measurements/search.md).
//
// Source: Malkov and Yashunin, arXiv 1603.09320.
#pragma once

#include <faiss/impl/HNSW.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "index/features/code_map.h"
#include "index/features/feature_list.h"
#include "index/features/nearest_list.h"
#include "index/graph/graph_insertion.h"
#include "index/graph/graph_walk.h"
#include "index/graph/index_options.h"
#include "index/graph/node_labels.h"

namespace memo {

// Threads: const methods may run side by side; the others run alone, unless they say more. A search walks the
// arrays of links without any synchronization, so the graph's owner keeps searches and writers of these arrays
// apart. Features with the same code are one node with several labels, and so are features that differ a thousand
// times less from one another than from others (graph_insertion.cpp). The caller, who has the features, finds out
// which of a node's labels is nearest. Nodes without live labels stay in the graph as waypoints that no search
// returns; they come back to life when their code is added again. Live labels are unique; a removed one may be
// added again.
class FeatureGraph {
 public:
  explicit FeatureGraph(const VectorIndexOptions& options);

  // A graph made from existing parts: the nodes' own labels, except for removed ones, and further labels.
  // Requires: `links` as FAISS makes them over `features`, with `graph_neighbors`; no live label is there twice.
  // Shapes: removed [nodes].
  FeatureGraph(const VectorIndexOptions& options, faiss::HNSW links, FeatureList features,
               std::vector<bool> removed, std::span<const LabelAtNode> further);
  FeatureGraph(const FeatureGraph&) = delete;
  FeatureGraph& operator=(const FeatureGraph&) = delete;

  std::size_t size() const { return features_.size(); }         // nodes, removed ones included
  std::size_t removed() const { return labels_.bare_nodes(); }  // nodes without a live label
  std::size_t live_nodes() const { return size() - removed(); }
  std::size_t live() const { return labels_.size(); }  // labels
  bool contains(std::uint64_t label) const { return labels_.contains(label); }
  const NodeLabels& labels() const { return labels_; }
  const FeatureList& features() const { return features_; }  // by node
  const faiss::HNSW& links() const { return links_; }
  const VectorIndexOptions& options() const { return options_; }

  // Plans what adding this feature will change; takes as long as some searches. Shapes: code [shape.bytes()].
  // Threads: may run beside const methods and remove(). Requires: no add() between this and the add() of this
  // plan.
  Insertion plan(const std::byte* code);
  // Takes microseconds. Requires: !contains(label); make_room() for it, if no search may wait for a copy of all
  // links; the insertion was planned for this code.
  void add(std::uint64_t label, const std::byte* code, const Insertion& insertion, Places places = Places::any);
  // Plans and adds in one call, alone. Shapes: feature [dimension].
  void add(std::uint64_t label, const std::byte* code) { add(label, code, plan(code)); }
  void add(std::uint64_t label, std::span<const float> feature);
  // False when it is not there.
  bool remove(std::uint64_t label);

  // Larger arrays for FAISS. They are filled while searches run, and put in place while none runs.
  struct Room {
    std::vector<int> levels;
    std::vector<std::size_t> offsets;
    std::vector<faiss::HNSW::storage_idx_t> neighbors;
    bool empty() const { return levels.capacity() + offsets.capacity() + neighbors.capacity() == 0; }
  };
  // Makes room for `count` more nodes; nothing where there is enough. Takes O(size()) whenever the graph has grown
  // by an eighth. Threads: may run beside const methods and remove(). Requires: no add() between this and
  // use_room().
  Room make_room(std::size_t count);
  // Leaves the former arrays in `room`, because freeing them also takes a while.
  void use_room(Room& room);

  // Offers the live features near the query that a search with `search_effort` candidates and the patience
  // `search_patience` finds; at least `wanted` of them, if there are that many live ones. Distances are those to
  // the kept features. Requires: wanted is at most what the list takes.
  void search(const float* query, NearestList& nearest, std::size_t wanted) const;

  // The bytes of arrays, of features, and of memory that concurrent searches have used so far; and the part that
  // is links.
  std::size_t memory_bytes() const;
  std::size_t link_bytes() const;

 private:
  class WalkLoan;
  struct Candidates {
    std::vector<NodeDistance> nodes;
    std::size_t live = 0;  // labels of the settled nodes; counted up to `wanted`
  };
  Candidates candidates(const float* query, const WalkEffort& effort, std::size_t wanted) const;
  WalkEffort first_effort(std::size_t wanted) const;
  void offer_all(const float* query, NearestList& nearest) const;

  const VectorIndexOptions options_;
  faiss::HNSW links_;
  FeatureList features_;
  NodeLabels labels_;
  CodeMap nodes_;  // by code

  // Working memory: one per concurrent search, reused; and one for planning.
  mutable std::mutex idle_mutex_;
  mutable std::vector<std::unique_ptr<WalkMemory>> idle_;  // under idle_mutex_
};

}  // namespace memo
