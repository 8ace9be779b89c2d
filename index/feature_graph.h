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
#include "index/nearest_list.h"
#include "index/vector_index.h"

namespace memo {

// Threads: search() side by side; the others alone. FAISS reallocates and relinks its arrays while it adds, and
// a search walks them without any synchronization, so whoever owns a graph keeps the two apart.
// Removed features stay in the graph as waypoints that no search returns.
class FeatureGraph {
 public:
  explicit FeatureGraph(const VectorIndexOptions& options);
  ~FeatureGraph();
  FeatureGraph(const FeatureGraph&) = delete;
  FeatureGraph& operator=(const FeatureGraph&) = delete;

  std::size_t size() const { return features_.size(); }  // removed ones included

  // Returns the node that the feature became. Takes the time of one search, besides doublings of FAISS's arrays.
  std::size_t add(std::uint64_t label, std::span<const float> feature);
  void remove(std::size_t node);

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
  std::size_t removed_count_ = 0;
  // FAISS wants a lock per node while adding. We add from one thread at a time, so no lock is ever contended.
  std::vector<omp_lock_t> node_locks_;
  faiss::VisitedTable add_visited_{0};

  // Visited marks for searches, one set per concurrent search, reused: clearing one is O(1), making one is O(N).
  mutable std::mutex visited_mutex_;
  mutable std::vector<std::unique_ptr<faiss::VisitedTable>> idle_visited_;  // under visited_mutex_
};

}  // namespace memo
