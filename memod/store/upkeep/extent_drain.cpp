#include "memod/store/upkeep/extent_drain.h"

#include <algorithm>
#include <utility>

namespace memo {

void ExtentDrain::begin(const GrowthLock&, std::uint32_t extent, Emptying how) {
  SpaceId space{};
  {
    const CatalogReadLock lock = state_.catalog.lock_shared();
    space = state_.catalog.slots.space(extent);
  }
  state_.free_slots.begin_drain(space, extent);
  // By then the last lease is overdue, and its slot free.
  const auto deadline =
      std::chrono::steady_clock::now() + 2 * state_.options.lease_limit + std::chrono::seconds(1);
  drain_ = Drain{.extent = extent, .space = space, .how = how, .deadline = deadline};
}

DrainStep ExtentDrain::step(const GrowthLock& lock) {
  const Emptying how = drain_->how;
  DrainStep step;
  step.moved = empty_some(lock);
  reclaimer_.reclaim();
  const std::uint64_t bytes = state_.pool->extent_bytes(drain_->extent);
  if (state_.free_slots.drained(drain_->extent) == state_.pool->extents()[drain_->extent].slot_count) {
    if (remove_extent(lock)) step.freed_bytes = bytes;
  } else if (std::chrono::steady_clock::now() > drain_->deadline) {
    cancel(lock);  // a memo was pinned in it, or there is no room to move one to
  }
  if (how == Emptying::by_moving) {
    untold_.moved += step.moved;
    untold_.freed_bytes += step.freed_bytes;
  }
  return step;
}

DrainStep ExtentDrain::take_untold(const GrowthLock&) {
  return std::exchange(untold_, {});
}

void ExtentDrain::cancel(const GrowthLock&) {
  state_.free_slots.cancel_drain(drain_->space, drain_->extent);
  drain_.reset();
}

// A bounded part of the extent, as others wait for the lock meanwhile: the control plane, and a publisher without
// a slot. At the end it begins again: a publisher that had claimed a slot may have made it live meanwhile.
std::uint64_t ExtentDrain::empty_some(const GrowthLock& lock) {
  constexpr std::uint32_t kSlots = 4096;
  constexpr std::uint64_t kMovedBytes = 32 << 20;
  const layout::ExtentRecord& extent = state_.pool->extents()[drain_->extent];
  std::uint64_t moved = 0;
  for (std::uint32_t seen = 0; seen < std::min(kSlots, extent.slot_count); ++seen) {
    const SlotId slot = SlotId::make(drain_->extent, drain_->next);
    drain_->next = (drain_->next + 1) % extent.slot_count;
    if (drain_->how == Emptying::by_moving)
      moved += move_memo(lock, slot);
    else
      state_.evicted.fetch_add(reclaimer_.discard(slot, Pinned::stays), std::memory_order_relaxed);
    if (moved * extent.slot_stride >= kMovedBytes) break;
  }
  return moved;
}

std::optional<SlotContent> ExtentDrain::take_content(const GrowthLock&, SlotId slot, ReadLease& lease) const {
  const CatalogReadLock lock = state_.catalog.lock_shared();
  if (!state_.catalog.slots.is_live(slot)) return std::nullopt;
  lease.take(slot);
  const layout::SlotHeader& header = state_.pool->header(slot);
  return SlotContent{.layer = Layer{header.layer},
                     .key = {header.key_high, header.key_low},
                     .feature = state_.pool->feature(slot),
                     .length = header.length,
                     .cost_us = header.cost_us,
                     .penalty = state_.pool->penalty(slot),
                     .created_unix_ns = header.created_unix_ns,
                     .payload = state_.pool->payload(slot),
                     .pinned = state_.catalog.slots.is_pinned(slot),
                     .usage = pack(state_.catalog.slots.usage(slot))};
}

// Writes the memo to the new slot and makes its key lead there. A crash in between leaves two equal live slots
// with one key; the next opening keeps one.
bool ExtentDrain::move_memo(const GrowthLock& lock, SlotId slot) {
  ReadLease lease(state_.leased_slots);
  const auto content = take_content(lock, slot, lease);
  if (!content) return false;
  // A copy of a damaged memo would carry matching checksums.
  if (!state_.pool->check_memo(slot)) {
    reclaimer_.discard_damaged(slot);
    return false;
  }
  const auto target = state_.free_slots.claim(drain_->space);
  if (!target) return false;
  state_.pool->write_slot(*target, *content);
  const SpaceRef space = state_.catalog.space(drain_->space);
  LayerCatalog& layer = state_.catalog.layer(*space, content->layer);
  layer.add_to_index(*target, content->feature);
  const LiveSlot live{.slot = *target, .usage = unpack_usage(content->usage)};
  if (!state_.catalog.replace(layer, content->key, slot, live)) {
    layer.index.remove(target->value);  // erased meanwhile
    reclaimer_.release({drain_->space, *target});
    return false;
  }
  layer.index.remove(slot.value);
  state_.leased_slots.defer({drain_->space, slot});
  return true;
}

bool ExtentDrain::remove_extent(const GrowthLock& lock) {
  const std::uint64_t bytes = state_.pool->extent_bytes(drain_->extent);
  if (const Status removed = state_.pool->remove_extent(drain_->extent); !removed) {
    state_.table_damage.note(removed);
    cancel(lock);  // nothing has changed
    return false;
  }
  state_.catalog.remove_extent(drain_->extent, bytes);
  state_.free_slots.end_drain(drain_->extent);
  drain_.reset();
  for (std::uint32_t index = 0; const SpaceRef space = state_.catalog.space(SpaceId{index}); ++index)
    space->exhausted = false;
  return true;
}

}  // namespace memo
