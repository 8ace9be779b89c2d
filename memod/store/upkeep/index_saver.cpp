#include "memod/store/upkeep/index_saver.h"

#include <algorithm>

namespace memo {

IndexSaver::IndexSaver(StoreState& state)
    : state_(state), snapshots_(state.options.path, state.options.persist_observer.get()), saved_(state.opened) {}

// A stamp that distinguishes the memo in a slot from every other one that was or will be there, even after a pool
// was copied back over a later state of itself. It is the checksum of the slot's header, which covers key,
// generation, feature and payload. 0 when there is no memo.
std::uint64_t IndexSaver::stamp_of(std::uint64_t label) const {
  const SlotId slot{label};
  const CatalogReadLock lock = state_.catalog.lock_shared();
  return state_.catalog.slots.is_live(slot) ? state_.pool->header(slot).header_checksum : 0;
}

SnapshotIdentity IndexSaver::identity_of(const LayerCatalog& layer) const {
  const layout::Root& root = state_.pool->root();
  return {.pool = {root.uuid_high, root.uuid_low},
          .opens = root.opens,
          .space = layer.space,
          .layer = layer.layer,
          .feature_dimension = state_.pool->spaces()[static_cast<std::size_t>(layer.space)].feature_dimension};
}

void IndexSaver::load() {
  note_refusal(snapshots_.remove_leftovers());
  for (const auto& layer : state_.catalog.all_layers()) load(*layer);
}

// Another user's snapshots are reported, not silently ignored.
void IndexSaver::note_refusal(const Status& status) const {
  if (state_.options.log && status.code() == StatusCode::invalid_argument)
    state_.options.log("index snapshots: " + status.message());
}

// Where there is no snapshot, or one that cannot be used, all features go to the index's tail, which is searched
// from the start; the maintenance thread builds the graph.
void IndexSaver::load(LayerCatalog& layer) {
  const CatalogReadLock lock = state_.catalog.lock_shared();  // nobody waits for it yet
  const auto is_current = [&](std::uint64_t label, std::uint64_t stamp) {
    const SlotId slot{label};
    return state_.is_memo_of(lock, layer, slot) && stamp == state_.pool->header(slot).header_checksum;
  };
  note_refusal(snapshots_.load(identity_of(layer), layer.index, is_current));
  layer.slots.for_each([&](SlotId slot) {
    if (!layer.index.contains(slot.value)) layer.add_to_index(slot, state_.pool->feature(slot));
  });
  layer.changes = 0;
}

std::optional<std::chrono::milliseconds> IndexSaver::until_due() const {
  if (state_.options.snapshot_interval.count() == 0) return std::nullopt;
  const auto layers = state_.catalog.all_layers();
  if (std::ranges::none_of(layers, [](const auto& layer) { return layer->changes != layer->saved_changes; }))
    return std::nullopt;
  const auto age = std::chrono::steady_clock::now() - saved_;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(state_.options.snapshot_interval - age);
  return std::max(left, std::chrono::milliseconds(0));
}

void IndexSaver::save() {
  for (const auto& layer : state_.catalog.all_layers())
    if (layer->changes != layer->saved_changes) save(*layer);
  saved_ = std::chrono::steady_clock::now();
}

// A failure only costs the next opening some time: the snapshot is a cache.
void IndexSaver::save(LayerCatalog& layer) {
  const std::uint64_t changes = layer.changes;
  if (layer.index.stats().graph_nodes > 0) {
    const auto stamp = [this](std::uint64_t label) { return stamp_of(label); };
    if (!snapshots_.save(identity_of(layer), layer.index, stamp)) return;
  }
  layer.saved_changes = changes;
}

}  // namespace memo
