// The similarity indexes and their files. The pool is the truth: an index is loaded as far as it agrees with the pool,
// and completed with what the pool has besides.
#include <algorithm>
#include <shared_mutex>

#include "memod/store_impl.h"

namespace memo {

// What tells the memo in a slot from every other one that was there or ever will be, also after a pool was copied back
// over a later state of itself: the checksum of its header, which covers key, generation, feature and payload.
// 0 when there is no memo.
std::uint64_t Store::Impl::stamp_of(std::uint64_t label) const {
  const SlotId slot{label};
  const std::shared_lock lock(catalog_.mutex);
  return catalog_.slots.is_live(slot) ? pool_->header(slot).header_checksum : 0;
}

SnapshotIdentity Store::Impl::snapshot_identity(const LayerCatalog& layer) const {
  const layout::Root& root = pool_->root();
  return {.pool = {root.uuid_high, root.uuid_low},
          .opens = root.opens,
          .space = layer.space,
          .layer = layer.layer,
          .feature_dimension = pool_->spaces()[static_cast<std::size_t>(layer.space)].feature_dimension};
}

// Before any other thread knows the store.
void Store::Impl::load_indexes() {
  note_refusal(snapshots_.remove_leftovers());
  for (const auto& layer : catalog_.all_layers()) load_index(*layer);
}

// Another user's snapshots are not passed over in silence.
void Store::Impl::note_refusal(const Status& status) const {
  if (options_.log && status.code() == StatusCode::invalid_argument)
    options_.log("index snapshots: " + status.message());
}

// Where there is no snapshot, or one that cannot be used, all features go to the index's tail, which is searched
// from the start; the maintenance thread builds the graph.
void Store::Impl::load_index(LayerCatalog& layer) {
  const auto is_current = [&](std::uint64_t label, std::uint64_t stamp) {
    const SlotId slot{label};
    return is_memo_of(layer, slot) && stamp == pool_->header(slot).header_checksum;
  };
  note_refusal(snapshots_.load(snapshot_identity(layer), layer.index, is_current));
  layer.slots.for_each([&](SlotId slot) {
    if (!layer.index.contains(slot.value)) layer.add_to_index(slot, pool_->feature(slot));
  });
  layer.changes = 0;
}

// Nothing when there is nothing to save, or it is never saved.
std::optional<std::chrono::milliseconds> Store::Impl::until_snapshot() const {
  if (options_.snapshot_interval.count() == 0) return std::nullopt;
  const auto layers = catalog_.all_layers();
  if (std::ranges::none_of(layers, [](const auto& layer) { return layer->changes != layer->saved_changes; }))
    return std::nullopt;
  const auto age = std::chrono::steady_clock::now() - snapshots_saved_;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(options_.snapshot_interval - age);
  return std::max(left, std::chrono::milliseconds(0));
}

void Store::Impl::save_indexes() {
  for (const auto& layer : catalog_.all_layers())
    if (layer->changes != layer->saved_changes) save_index(*layer);
  snapshots_saved_ = std::chrono::steady_clock::now();
}

// A failure is counted and costs the next opening some time: the snapshot is a cache.
void Store::Impl::save_index(LayerCatalog& layer) {
  const std::uint64_t changes = layer.changes;
  if (layer.index.stats().graph_nodes > 0) {
    const auto stamp = [this](std::uint64_t label) { return stamp_of(label); };
    if (!snapshots_.save(snapshot_identity(layer), layer.index, stamp)) {
      snapshots_failed_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
  layer.saved_changes = changes;
}

}  // namespace memo
