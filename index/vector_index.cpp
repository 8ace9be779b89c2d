#include "index/vector_index.h"

#include <algorithm>
#include <cassert>
#include <mutex>

#include "index/vector_index_state.h"

namespace memo {

VectorIndex::VectorIndex(const VectorIndexOptions& options) : state_(std::make_unique<State>(options)) {
  assert(options.dimension >= 1);
}

VectorIndex::~VectorIndex() = default;

void VectorIndex::add(std::uint64_t label, std::span<const float> feature) {
  const std::unique_lock lock(state_->mutex);
  const bool known = state_->contains(label);
  assert(!known);
  if (!known) state_->tail.add(label, feature);
}

bool VectorIndex::remove(std::uint64_t label) {
  const std::unique_lock lock(state_->mutex);
  if (state_->tail.remove(label)) return true;
  if (!state_->graph->remove(label)) return false;
  if (state_->rebuild) state_->rebuild->note_removal(label);
  return true;
}

std::size_t VectorIndex::search(std::span<const float> query, std::span<Neighbor> nearest,
                                std::size_t settled) const {
  assert(query.size() == state_->options.dimension);
  NearestList list(nearest);
  const std::shared_lock lock(state_->mutex);
  state_->graph->search(query.data(), list, std::min(settled, nearest.size()));
  state_->tail.search(query.data(), list);
  return list.finish();
}

bool VectorIndex::contains(std::uint64_t label) const {
  const std::shared_lock lock(state_->mutex);
  return state_->contains(label);
}

std::size_t VectorIndex::size() const {
  const std::shared_lock lock(state_->mutex);
  return state_->live();
}

VectorIndexStats VectorIndex::stats() const {
  const std::shared_lock lock(state_->mutex);
  return {.live = state_->live(),
          .graph_nodes = state_->graph->size(),
          .removed_nodes = state_->graph->removed(),
          .tail = state_->tail.size(),
          .rebuilding = state_->rebuild != nullptr,
          .rebuilds = state_->rebuilds};
}

VectorIndexMemory VectorIndex::memory() const {
  const std::shared_lock lock(state_->mutex);
  const FeatureGraph& graph = *state_->graph;
  const std::size_t features = state_->tail.size() + graph.live_nodes();
  VectorIndexMemory memory{.features = features * graph.features().shape().bytes(), .links = graph.link_bytes()};
  memory.other =
      sizeof(State) + graph.memory_bytes() + state_->tail.memory_bytes() - memory.features - memory.links;
  return memory;
}

}  // namespace memo
