#include "index/feature_graph.h"

#include <faiss/impl/DistanceComputer.h>
#include <faiss/utils/Heap.h>

#include <algorithm>
#include <cassert>

namespace memo {
namespace {

template <typename T>
bool has_room(const std::vector<T>& array, std::size_t count) {
  return array.capacity() - array.size() >= count;
}

template <typename T>
void reserve_more(std::vector<T>& array, std::size_t count) {
  if (!has_room(array, count)) array.reserve(2 * (array.size() + count));
}

// Without capacity when the array has enough of it.
template <typename T>
std::vector<T> larger_copy(const std::vector<T>& array, std::size_t count) {
  std::vector<T> copy;
  if (has_room(array, count)) return copy;
  reserve_more(copy, array.size() + count);
  copy.assign(array.begin(), array.end());
  return copy;
}

}  // namespace

// Distances of one query (or of the feature being added) to nodes, as FAISS asks for them.
class FeatureGraph::Distances : public faiss::DistanceComputer {
 public:
  Distances(const FeatureGraph& graph, const float* query) : graph_(graph), query_(query) {}
  void set_query(const float* query) override { query_ = query; }
  float operator()(idx_t node) override { return distance(query_, feature(node)); }
  float symmetric_dis(idx_t a, idx_t b) override { return distance(feature(a), feature(b)); }

 private:
  const float* feature(idx_t node) const { return graph_.features_.feature(static_cast<std::size_t>(node)); }
  float distance(const float* a, const float* b) const {
    return graph_.l2_squared_(a, b, graph_.options_.dimension);
  }

  const FeatureGraph& graph_;
  const float* query_;
};

// Visited marks for the length of one search.
class FeatureGraph::VisitedLoan {
 public:
  explicit VisitedLoan(const FeatureGraph& graph) : graph_(graph) {
    {
      const std::lock_guard lock(graph.visited_mutex_);
      if (!graph.idle_visited_.empty()) {
        table_ = std::move(graph.idle_visited_.back());
        graph.idle_visited_.pop_back();
      }
    }
    if (!table_) table_ = std::make_unique<faiss::VisitedTable>(0);
    // New marks are 0, which no round ever uses.
    table_->visited.resize(graph.size());
  }
  ~VisitedLoan() {
    const std::lock_guard lock(graph_.visited_mutex_);
    graph_.idle_visited_.push_back(std::move(table_));
  }
  VisitedLoan(const VisitedLoan&) = delete;
  VisitedLoan& operator=(const VisitedLoan&) = delete;
  faiss::VisitedTable& table() { return *table_; }

 private:
  const FeatureGraph& graph_;
  std::unique_ptr<faiss::VisitedTable> table_;
};

FeatureGraph::FeatureGraph(const VectorIndexOptions& options)
    : FeatureGraph(options, faiss::HNSW(static_cast<int>(options.graph_neighbors)), FeatureList(options.dimension),
                   {}) {}

FeatureGraph::FeatureGraph(const VectorIndexOptions& options, faiss::HNSW links, FeatureList features,
                           std::vector<bool> removed)
    : options_(options),
      l2_squared_(l2_squared_for_this_cpu()),
      links_(std::move(links)),
      features_(std::move(features)),
      removed_(std::move(removed)),
      node_locks_(features_.size()) {
  assert(removed_.size() == size() && links_.levels.size() == size());
  links_.efConstruction = static_cast<int>(options.build_effort);
  links_.efSearch = static_cast<int>(options.search_effort);
  for (std::size_t node = 0; node < size(); ++node)
    if (!removed_[node]) nodes_.set(features_.label(node), node);
  for (omp_lock_t& lock : node_locks_) omp_init_lock(&lock);
}

FeatureGraph::~FeatureGraph() {
  for (omp_lock_t& lock : node_locks_) omp_destroy_lock(&lock);
}

void FeatureGraph::add(std::uint64_t label, std::span<const float> feature) {
  assert(!contains(label));
  const std::size_t node = size();
  features_.append(label, feature);
  removed_.push_back(false);
  nodes_.set(label, node);
  omp_init_lock(&node_locks_.emplace_back());
  add_visited_.visited.resize(node + 1);
  links_.prepare_level_tab(1);
  Distances distances(*this, feature.data());
  links_.add_with_locks(distances, links_.levels[node] - 1, static_cast<int>(node), node_locks_, add_visited_);
}

bool FeatureGraph::remove(std::uint64_t label) {
  const auto node = nodes_.find(label);
  if (!node) return false;
  nodes_.erase(label);
  removed_[*node] = true;
  return true;
}

FeatureGraph::Room FeatureGraph::make_room(std::size_t count) {
  reserve_more(node_locks_, count);
  reserve_more(add_visited_.visited, count);
  const auto most_links = static_cast<std::size_t>(links_.cum_nneighbor_per_level.back());
  return {larger_copy(links_.levels, count), larger_copy(links_.offsets, count),
          larger_copy(links_.neighbors, count * most_links)};
}

void FeatureGraph::use_room(Room& room) {
  if (room.levels.capacity() > 0) links_.levels.swap(room.levels);
  if (room.offsets.capacity() > 0) links_.offsets.swap(room.offsets);
  if (room.neighbors.capacity() > 0) links_.neighbors.swap(room.neighbors);
}

// The `count` nearest nodes that the graph leads to, removed ones among them.
FeatureGraph::Candidates FeatureGraph::candidates(const float* query, std::size_t count) const {
  Candidates found{std::vector<faiss::HNSW::idx_t>(count, -1), std::vector<float>(count), 0};
  VisitedLoan visited(*this);
  Distances distances(*this, query);
  faiss::SearchParametersHNSW parameters;
  parameters.efSearch = static_cast<int>(count);
  faiss::maxheap_heapify(count, found.distances.data(), found.nodes.data());
  links_.search(distances, static_cast<int>(count), found.nodes.data(), found.distances.data(), visited.table(),
                &parameters);
  for (const auto node : found.nodes) found.live += node >= 0 && !removed_[static_cast<std::size_t>(node)];
  return found;
}

void FeatureGraph::search(const float* query, NearestList& nearest) const {
  const std::size_t wanted = std::min(nearest.capacity(), live());
  if (wanted == 0) return;
  // Tombstones around the query can fill a candidate list; then look wider. Once a quarter of the graph would
  // be visited, comparing with everything is as cheap and cannot miss.
  for (std::size_t count = std::max<std::size_t>(options_.search_effort, wanted); count < size() / 4; count *= 4) {
    const Candidates found = candidates(query, count);
    if (found.live < wanted) continue;
    for (std::size_t i = 0; i < count; ++i) {
      const auto node = found.nodes[i];
      if (node < 0 || removed_[static_cast<std::size_t>(node)]) continue;
      nearest.offer(features_.label(static_cast<std::size_t>(node)), found.distances[i]);
    }
    return;
  }
  offer_all(query, nearest);
}

void FeatureGraph::offer_all(const float* query, NearestList& nearest) const {
  for (std::size_t node = 0; node < size(); ++node)
    if (!removed_[node])
      nearest.offer(features_.label(node), l2_squared_(query, features_.feature(node), options_.dimension));
}

}  // namespace memo
