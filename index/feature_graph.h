// FeatureGraph: an HNSW graph over features. FAISS keeps the links; the features and their distances are ours.
//
// Two reasons for faiss::HNSW without faiss::IndexHNSWFlat around it: IndexHNSWFlat::add() sets up locks for every
// vector at every call (O(N)), and its L2 is scalar in Debian's build, which doubles the time of a search.
//
// Source: Malkov and Yashunin, arXiv 1603.09320.
#pragma once

#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/HNSW.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "index/feature_list.h"
#include "index/label_map.h"
#include "index/nearest_list.h"
#include "index/vector_index.h"

namespace memo {

// Threads: const methods side by side; the others alone. FAISS reallocates and relinks its arrays while it adds, and
// a search walks them without any synchronization, so whoever owns a graph keeps the two apart.
// Removed features stay in the graph as waypoints that no search returns. Labels of live features are unique; a
// removed one's label may be added again.
class FeatureGraph {
 public:
  explicit FeatureGraph(const VectorIndexOptions& options);

  // A graph of existing parts, with the removed nodes as they say.
  // Requires: `links` as FAISS makes them over `features`, with `graph_neighbors`. Shapes: removed [nodes].
  FeatureGraph(const VectorIndexOptions& options, faiss::HNSW links, FeatureList features,
               std::vector<bool> removed);
  ~FeatureGraph();
  FeatureGraph(const FeatureGraph&) = delete;
  FeatureGraph& operator=(const FeatureGraph&) = delete;

  std::size_t size() const { return features_.size(); }  // removed ones included
  std::size_t live() const { return nodes_.size(); }
  std::size_t removed() const { return size() - live(); }
  bool contains(std::uint64_t label) const { return nodes_.contains(label); }
  bool is_removed(std::size_t node) const { return removed_[node]; }
  const FeatureList& features() const { return features_; }  // by node
  const faiss::HNSW& links() const { return links_; }
  const VectorIndexOptions& options() const { return options_; }

  // Takes the time of one search. Requires: !contains(label); make_room() for it, if no search may wait for a copy
  // of all links.
  void add(std::uint64_t label, std::span<const float> feature);
  // False when it is not there.
  bool remove(std::uint64_t label);

  // Larger arrays for FAISS, filled beside running searches and put in place without them.
  struct Room {
    std::vector<int> levels;
    std::vector<std::size_t> offsets;
    std::vector<faiss::HNSW::storage_idx_t> neighbors;
  };
  // Room for `count` more nodes; nothing where there is enough. Takes O(size()) at each doubling.
  // Threads: beside const methods and remove(). Requires: no add() between this and use_room().
  Room make_room(std::size_t count);
  // Leaves the former arrays in `room`: freeing them takes a while, too.
  void use_room(Room& room);

  // Offers live features near the query; all the nearest ones that a search of `search_effort` candidates finds,
  // and never fewer than the list takes while there are enough live ones.
  void search(const float* query, NearestList& nearest) const;

 private:
  class Distances;
  class VisitedLoan;
  struct Candidates {
    std::vector<faiss::HNSW::idx_t> nodes;  // -1: none
    std::vector<float> distances;
    std::size_t live = 0;
  };
  Candidates candidates(const float* query, std::size_t count) const;
  void offer_all(const float* query, NearestList& nearest) const;

  const VectorIndexOptions options_;
  const L2Squared l2_squared_;
  faiss::HNSW links_;
  FeatureList features_;
  std::vector<bool> removed_;  // by node
  LabelMap nodes_;             // of live labels

  // Only for adding; no search reads these.
  // FAISS wants a lock per node while adding. We add from one thread at a time, so no lock is ever contended.
  std::vector<omp_lock_t> node_locks_;
  faiss::VisitedTable add_visited_{0};

  // Visited marks for searches, one set per concurrent search, reused: clearing one is O(1), making one is O(N).
  mutable std::mutex visited_mutex_;
  mutable std::vector<std::unique_ptr<faiss::VisitedTable>> idle_visited_;  // under visited_mutex_
};

}  // namespace memo
