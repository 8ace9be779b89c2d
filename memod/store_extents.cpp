// Extents on their way back to the pool.
//
// An extent is removed once all of its slots are set aside as free, and so: no memo in it can be found, no lease holds
// a slot of it (LeasedSlots hands a slot over only then), and no publisher writes one (a claimed slot is not free). A
// view whose lease was revoked, or whose daemon died, may still look at it: the word at its place is then no longer its
// generation, whatever becomes of the bytes (first_generation() in pool/pool_extents.cpp).
#include <fmt/format.h>

#include <algorithm>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "memod/read_lease.h"
#include "memod/store_impl.h"

namespace memo {

void Store::Impl::begin_drain(std::uint32_t extent, Emptying how) {
  SpaceId space{};
  {
    const std::shared_lock lock(catalog_.mutex);
    space = catalog_.slots.space(extent);
  }
  free_.begin_drain(space, extent);
  // By then the last lease is overdue, and its slot free.
  const auto deadline = std::chrono::steady_clock::now() + 2 * options_.lease_limit + std::chrono::seconds(1);
  drain_ = Drain{.extent = extent, .space = space, .how = how, .deadline = deadline};
}

Store::Impl::DrainStep Store::Impl::continue_drain() {
  const Emptying how = drain_->how;
  DrainStep step;
  step.moved = empty_extent();
  reclaim();
  const std::uint64_t bytes = pool_->extent_bytes(drain_->extent);
  if (free_.drained(drain_->extent) == pool_->extents()[drain_->extent].slot_count) {
    if (remove_drained_extent()) step.freed_bytes = bytes;
  } else if (std::chrono::steady_clock::now() > drain_->deadline) {
    cancel_drain();  // a memo was pinned in it, or there is no room to move one to
  }
  if (how == Emptying::by_moving) {
    untold_.moved += step.moved;
    untold_.freed_bytes += step.freed_bytes;
  }
  return step;
}

void Store::Impl::cancel_drain() {
  free_.cancel_drain(drain_->space, drain_->extent);
  drain_.reset();
}

// A bounded part of it, as others wait for the lock meanwhile: the control plane, and a publisher without a slot.
// Returns how many memos were moved. At the end it begins anew: a publisher that had claimed a slot may have made it
// live meanwhile.
std::uint64_t Store::Impl::empty_extent() {
  constexpr std::uint32_t kSlots = 4096;
  constexpr std::uint64_t kMovedBytes = 32 << 20;
  const layout::ExtentRecord& extent = pool_->extents()[drain_->extent];
  std::uint64_t moved = 0;
  for (std::uint32_t seen = 0; seen < std::min(kSlots, extent.slot_count); ++seen) {
    const SlotId slot = SlotId::make(drain_->extent, drain_->next);
    drain_->next = (drain_->next + 1) % extent.slot_count;
    if (drain_->how == Emptying::by_moving)
      moved += move_memo(slot);
    else
      evicted_.fetch_add(discard(slot, Pinned::stays), std::memory_order_relaxed);
    if (moved * extent.slot_stride >= kMovedBytes) break;
  }
  return moved;
}

// Writes the memo anew and lets its key lead there. A crash in between leaves two live slots with one key, of which
// opening keeps one: they are equal.
bool Store::Impl::move_memo(SlotId slot) {
  ReadLease lease(leased_);
  SlotContent content;
  SpaceCatalog* space = nullptr;
  {
    const std::shared_lock lock(catalog_.mutex);
    if (!catalog_.slots.is_live(slot)) return false;
    lease.take(slot);
    const layout::SlotHeader& header = pool_->header(slot);
    space = catalog_.spaces[static_cast<std::size_t>(drain_->space)].get();
    content = {.layer = Layer{header.layer},
               .key = {header.key_high, header.key_low},
               .feature = pool_->feature(slot),
               .length = header.length,
               .cost_us = header.cost_us,
               .penalty = pool_->penalty(slot),
               .created_unix_ns = header.created_unix_ns,
               .payload = pool_->payload(slot),
               .pinned = catalog_.slots.is_pinned(slot),
               .usage = pack(catalog_.slots.usage(slot))};
  }
  // A copy of a damaged memo would carry matching checksums.
  if (!pool_->check_memo(slot)) {
    damaged_.fetch_add(discard(slot, Pinned::goes), std::memory_order_relaxed);
    return false;
  }
  const auto target = free_.claim(drain_->space);
  if (!target) return false;
  pool_->write_slot(*target, content);
  LayerCatalog& layer = catalog_.layer(*space, content.layer);
  layer.add_to_index(*target, content.feature);
  if (!catalog_.replace(layer, content.key, slot, {.slot = *target, .usage = unpack_usage(content.usage)})) {
    layer.index.remove(target->value);  // erased meanwhile
    release_slot({drain_->space, *target});
    return false;
  }
  layer.index.remove(slot.value);
  leased_.defer({drain_->space, slot});
  return true;
}

// Extents stay where they are from then on: emptying one that cannot be removed would cost its memos for nothing.
void Store::Impl::note_damage(const Status& status) {
  if (status.code() != StatusCode::corrupt || tables_damaged_.exchange(true)) return;
  if (options_.log) options_.log(status.message() + "; it serves and takes memos in the extents it has");
}

Status Store::Impl::can_move_extents() const {
  if (!tables_damaged_) return Status::ok();
  return {StatusCode::corrupt,
          fmt::format("the pool {} is damaged: no extent can be removed; back it up", options_.path)};
}

bool Store::Impl::remove_drained_extent() {
  const std::uint64_t bytes = pool_->extent_bytes(drain_->extent);
  if (const Status removed = pool_->remove_extent(drain_->extent); !removed) {
    note_damage(removed);
    cancel_drain();  // nothing has changed
    return false;
  }
  catalog_.remove_extent(drain_->extent, bytes);
  free_.end_drain(drain_->extent);
  drain_.reset();
  for (std::uint32_t index = 0; const SpaceRef space = catalog_.space(SpaceId{index}); ++index)
    space->exhausted = false;
  return true;
}

// The extent with the fewest memos among those whose memos fit into the free slots of their space's other extents.
std::optional<std::uint32_t> Store::Impl::sparse_extent() const {
  const SlotTable& slots = catalog_.slots;
  std::optional<std::uint32_t> sparsest;
  std::uint32_t fewest = UINT32_MAX;
  for (std::uint32_t extent = 0;; ++extent) {
    const std::shared_lock lock(catalog_.mutex);  // for an extent at a time, as others wait for it
    if (extent >= slots.extents()) return sparsest;
    std::uint32_t live = 0;
    for (std::uint32_t index = 0; index < slots.slots(extent); ++index)
      live += slots.is_live(SlotId::make(extent, index));
    const std::uint64_t free_here = slots.slots(extent) - live;
    if (free_here == 0 || live >= fewest) continue;
    if (live > 0 && free_.count(slots.space(extent)) < free_here + live) continue;
    sparsest = extent;
    fewest = live;
  }
}

// Up to some thousands of the space's memos; -> how many.
std::uint64_t Store::Impl::erase_some(SpaceId space) {
  constexpr std::size_t kMemos = 4096;
  std::vector<SlotId> chosen;
  {
    const std::shared_lock lock(catalog_.mutex);
    const SlotTable& slots = catalog_.slots;
    for (std::uint32_t extent = 0; extent < slots.extents() && chosen.size() < kMemos; ++extent) {
      if (slots.slots(extent) == 0 || slots.space(extent) != space) continue;
      for (std::uint32_t index = 0; index < slots.slots(extent) && chosen.size() < kMemos; ++index)
        if (const SlotId slot = SlotId::make(extent, index); slots.is_live(slot)) chosen.push_back(slot);
    }
  }
  std::uint64_t erased = 0;
  for (const SlotId slot : chosen) erased += discard(slot, Pinned::goes);
  reclaim();
  return erased;
}

std::optional<std::uint32_t> Store::Impl::extent_of(SpaceId space) const {
  const std::shared_lock lock(catalog_.mutex);
  for (std::uint32_t extent = 0; extent < catalog_.slots.extents(); ++extent)
    if (catalog_.slots.slots(extent) > 0 && catalog_.slots.space(extent) == space) return extent;
  return std::nullopt;
}

Result<CompactStep> Store::Impl::drop(SpaceId id) {
  const Result<SpaceRef> space = this->space(id);
  if (!space) return space.status();
  MEMO_RETURN_IF_ERROR(usable());
  const std::lock_guard growth(growth_mutex_);
  MEMO_RETURN_IF_ERROR(can_move_extents());
  if (const std::uint32_t users = (**space).users; users > 0)
    return Status(StatusCode::in_use, fmt::format("space {} is open in {} sessions; it goes when they have ended",
                                                  static_cast<std::uint32_t>(id), users));
  CompactStep step{.moved = erase_some(id)};
  const auto extent = extent_of(id);
  if (extent && step.moved == 0) {
    if (!drain_) begin_drain(*extent, Emptying::by_evicting);
    step.freed_bytes = continue_drain().freed_bytes;
  }
  step.more = extent.has_value();
  if (!step.more) {
    pool_->set_quota(id, 0);
    (**space).quota_bytes = 0;
  }
  return step;
}

Result<CompactStep> Store::Impl::compact() {
  const std::lock_guard growth(growth_mutex_);
  MEMO_RETURN_IF_ERROR(can_move_extents());
  if (!drain_)
    if (const auto sparse = sparse_extent()) begin_drain(*sparse, Emptying::by_moving);
  const bool more = drain_.has_value();
  if (more) {
    continue_drain();
    maintenance_.wake();  // goes on with what is still leased
  }
  const DrainStep told = std::exchange(untold_, {});
  return CompactStep{.moved = told.moved, .freed_bytes = told.freed_bytes, .more = more};
}

}  // namespace memo
