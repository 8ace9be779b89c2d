#include <algorithm>
#include <cassert>
#include <mutex>
#include <utility>

#include "index/vector_index_state.h"

namespace memo {
namespace {

// How many features one maintain() moves.
constexpr std::size_t kBatch = 4;

// How many places are checked for removal at a time: adds and removes wait for microseconds meanwhile.
constexpr std::size_t kStamped = 1024;

template <typename StampAt>
std::vector<std::uint64_t> stamp_all(std::size_t places, const StampAt& stamp_at) {
  std::vector<std::uint64_t> stamps(places);
  for (std::size_t place = 0; place < places; ++place) stamps[place] = stamp_at(place);
  return stamps;
}

template <typename IsRemoved>
void clear_removed(std::vector<std::uint64_t>& stamps, FairSharedMutex& mutex, const IsRemoved& is_removed) {
  for (std::size_t first = 0; first < stamps.size(); first += kStamped) {
    const std::shared_lock lock(mutex);
    for (std::size_t place = first; place < std::min(first + kStamped, stamps.size()); ++place)
      if (is_removed(place)) stamps[place] = 0;
  }
}

}  // namespace

// Whether the tail is worth moving: never before the graph pays off, then always.
bool VectorIndex::State::tail_is_due() const {
  return graph->size() > 0 ? tail.size() > 0 : tail.size() > options.flat_limit;
}

bool VectorIndex::State::rebuild_is_due() const {
  const auto removed = static_cast<double>(graph->removed());
  return graph->removed() >= options.rebuild_minimum &&
         removed > options.rebuild_fraction * static_cast<double>(graph->size());
}

void VectorIndex::State::move_batch() {
  {
    const std::shared_lock lock(mutex);
    if (!tail_is_due()) return;
  }
  // The arrays are made before the lock is taken and freed after it is released: no search waits for a large copy.
  FeatureGraph::Room room = graph->make_room(kBatch);
  if (!room.empty()) {
    const std::unique_lock lock(mutex);
    graph->use_room(room);
  }
  for (std::size_t moved = 0; moved < kBatch && move_one(); ++moved) continue;
}

// Moves one feature; -> whether there was one. The move is planned on a copy, without the lock; if the feature was
// removed meanwhile, or its label now stands for another one, nothing happens.
bool VectorIndex::State::move_one() {
  std::uint64_t label = 0;
  std::vector<std::byte> code;
  {
    const std::shared_lock lock(mutex);
    if (!tail_is_due()) return false;
    label = tail.last_label();
    const auto last = tail.last_code();
    code.assign(last.begin(), last.end());
  }
  const Insertion insertion = graph->plan(code.data());
  const std::unique_lock lock(mutex);
  if (!tail.holds(label, code)) return true;
  graph->add(label, code.data(), insertion, rebuild ? Places::fresh : Places::any);
  tail.remove(label);
  return true;
}

void VectorIndex::State::start_rebuild() {
  auto started = std::make_unique<GraphRebuild>(options);
  const std::unique_lock lock(mutex);
  rebuild = std::move(started);
}

void VectorIndex::State::step_rebuild() {
  {
    const std::shared_lock lock(mutex);
    rebuild->choose(*graph);
  }
  rebuild->copy(*graph);
  if (rebuild->is_complete(*graph)) finish_rebuild();
}

void VectorIndex::State::finish_rebuild() {
  // These die after the lock is released: freeing the old graph takes long.
  std::unique_ptr<FeatureGraph> old;
  std::unique_ptr<GraphRebuild> finished;
  const std::unique_lock lock(mutex);
  old = std::exchange(graph, rebuild->finish());
  finished = std::move(rebuild);
  ++rebuilds;
}

bool VectorIndex::maintain() {
  State& state = *state_;
  state.move_batch();
  if (state.rebuild) state.step_rebuild();
  std::shared_lock lock(state.mutex);
  const bool start = !state.rebuild && state.rebuild_is_due();
  const bool more = start || state.rebuild || state.tail_is_due();
  lock.unlock();
  if (start) state.start_rebuild();
  return more;
}

// A label may be removed, and stand for something else, at any instant; so removal is checked after the stamp was
// read: a label that was not removed by then had that stamp while it was live. No place is reused meanwhile, as
// only this thread adds to the graph.
PlaceStamps VectorIndex::State::stamps(const StampOf& stamp_of) const {
  const NodeLabels& labels = graph->labels();
  const auto own = [&](std::size_t node) { return stamp_of(labels.own_label(node)); };
  const auto further = [&](std::size_t number) { return stamp_of(labels.further(number).label); };
  PlaceStamps stamps{stamp_all(graph->size(), own), stamp_all(labels.further_places(), further)};
  clear_removed(stamps.own, mutex, [&](std::size_t node) { return labels.is_own_removed(node); });
  clear_removed(stamps.further, mutex, [&](std::size_t number) { return labels.is_further_removed(number); });
  return stamps;
}

bool VectorIndex::save(const StampOf& stamp_of, const ByteSink& sink) const {
  return write_graph_image(*state_->graph, state_->stamps(stamp_of), sink);
}

std::optional<std::string> VectorIndex::load(std::span<const std::byte> bytes, const IsCurrent& is_current) {
  assert(state_->tail.size() == 0 && state_->graph->size() == 0);
  GraphImage image = read_graph_image(bytes, state_->options, is_current);
  if (!image.graph) return std::move(image.error);
  state_->graph = std::move(image.graph);
  return std::nullopt;
}

}  // namespace memo
