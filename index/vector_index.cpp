#include "index/vector_index.h"

#include <cassert>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "index/fair_shared_mutex.h"
#include "index/feature_graph.h"
#include "index/feature_list.h"

namespace memo {
namespace {

// Features that one maintain() moves: about a millisecond in which searches wait.
constexpr std::size_t kBatch = 4;

struct Place {
  bool in_graph = false;
  std::size_t position = 0;
};

}  // namespace

struct VectorIndex::State {
  explicit State(const VectorIndexOptions& given)
      : options(given), l2_squared(l2_squared_for_this_cpu()), tail(given.dimension), graph(given) {}

  // Whether the tail is worth moving: never before the graph pays off, then always.
  bool has_work() const { return graph.size() > 0 ? tail.size() > 0 : tail.size() > options.flat_limit; }
  void move_last_to_graph();
  void remove_from_tail(std::size_t position);

  const VectorIndexOptions options;
  const L2Squared l2_squared;

  // Protects everything below. Searches share it; add, remove and a batch of maintain() are alone: FAISS allows
  // concurrent searches, but a search beside an add reads link arrays while they are reallocated and rewritten.
  mutable FairSharedMutex mutex;
  FeatureList tail;  // not yet in the graph; no removed ones
  FeatureGraph graph;
  std::unordered_map<std::uint64_t, Place> places;  // live labels
};

void VectorIndex::State::move_last_to_graph() {
  const std::size_t last = tail.size() - 1;
  const std::uint64_t label = tail.label(last);
  places[label] = {true, graph.add(label, {tail.feature(last), options.dimension})};
  tail.replace_by_last(last);
}

void VectorIndex::State::remove_from_tail(std::size_t position) {
  tail.replace_by_last(position);
  if (position < tail.size()) places[tail.label(position)].position = position;
}

VectorIndex::VectorIndex(const VectorIndexOptions& options) : state_(std::make_unique<State>(options)) {
  assert(options.dimension >= 1);
}

VectorIndex::~VectorIndex() = default;

void VectorIndex::add(std::uint64_t label, std::span<const float> feature) {
  const std::unique_lock lock(state_->mutex);
  const bool added = state_->places.try_emplace(label, Place{false, state_->tail.size()}).second;
  assert(added);
  if (added) state_->tail.append(label, feature);
}

bool VectorIndex::remove(std::uint64_t label) {
  const std::unique_lock lock(state_->mutex);
  const auto found = state_->places.find(label);
  if (found == state_->places.end()) return false;
  const Place place = found->second;
  state_->places.erase(found);
  if (place.in_graph)
    state_->graph.remove(place.position);
  else
    state_->remove_from_tail(place.position);
  return true;
}

std::size_t VectorIndex::search(std::span<const float> query, std::span<Neighbor> nearest) const {
  assert(query.size() == state_->options.dimension);
  NearestList list(nearest);
  const std::shared_lock lock(state_->mutex);
  state_->graph.search(query.data(), list);
  state_->tail.search(query.data(), state_->l2_squared, list);
  return list.finish();
}

std::size_t VectorIndex::size() const {
  const std::shared_lock lock(state_->mutex);
  return state_->places.size();
}

bool VectorIndex::maintain() {
  const std::unique_lock lock(state_->mutex);
  for (std::size_t moved = 0; moved < kBatch && state_->has_work(); ++moved) state_->move_last_to_graph();
  return state_->has_work();
}

}  // namespace memo
