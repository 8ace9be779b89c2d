#include "memod/store/serving/memo_editor.h"

#include <fmt/format.h>

namespace memo {

Status MemoEditor::erase(SpaceId id, Layer layer_number, const Key& key) {
  MEMO_ASSIGN_OR_RETURN(const SpaceRef space, state_.space(id));
  LayerCatalog* layer = state_.catalog.find_layer(*space, layer_number);
  const auto slot = layer == nullptr ? std::nullopt : state_.catalog.remove(*space, *layer, key);
  if (!slot) return {StatusCode::not_found, fmt::format("no memo with key {} in this layer", key.hex())};
  layer->index.remove(slot->value);
  state_.leased_slots.defer({id, *slot});
  reclaimer_.reclaim();
  return Status::ok();
}

// This also takes the growth lock: memos are moved under it, and a copy would keep the pin that it was written
// with.
Status MemoEditor::set_pinned(SpaceId space, Layer layer, const Key& key, bool pinned) {
  const GrowthLock growth = state_.lock_growth();
  const CatalogWriteLock lock = state_.catalog.lock_exclusive();
  MEMO_ASSIGN_OR_RETURN(const SlotId slot, state_.slot_of(lock, space, layer, key));
  state_.catalog.slots.set_pinned(slot, pinned);
  state_.pool->set_pinned(slot, pinned);
  return Status::ok();
}

}  // namespace memo
