#include "memod/store/upkeep/compactor.h"

#include <fmt/format.h>

#include <vector>

namespace memo {

std::optional<std::uint32_t> Compactor::sparse_extent(const GrowthLock&) const {
  const SlotTable& slots = state_.catalog.slots;
  std::optional<std::uint32_t> sparsest;
  std::uint32_t min_live = UINT32_MAX;
  for (std::uint32_t extent = 0;; ++extent) {
    const CatalogReadLock lock = state_.catalog.lock_shared();  // per extent: others wait for it
    if (extent >= slots.extents()) return sparsest;
    std::uint32_t live = 0;
    for (std::uint32_t index = 0; index < slots.slots(extent); ++index)
      live += slots.is_live(SlotId::make(extent, index));
    const std::uint64_t free_here = slots.slots(extent) - live;
    if (free_here == 0 || live >= min_live) continue;
    if (live > 0 && state_.free_slots.count(slots.space(extent)) < free_here + live) continue;
    sparsest = extent;
    min_live = live;
  }
}

std::uint64_t Compactor::erase_some(const GrowthLock&, SpaceId space) {
  constexpr std::size_t kMemos = 4096;
  std::vector<SlotId> chosen;
  {
    const CatalogReadLock lock = state_.catalog.lock_shared();
    const SlotTable& slots = state_.catalog.slots;
    for (std::uint32_t extent = 0; extent < slots.extents() && chosen.size() < kMemos; ++extent) {
      if (slots.slots(extent) == 0 || slots.space(extent) != space) continue;
      for (std::uint32_t index = 0; index < slots.slots(extent) && chosen.size() < kMemos; ++index)
        if (const SlotId slot = SlotId::make(extent, index); slots.is_live(slot)) chosen.push_back(slot);
    }
  }
  std::uint64_t erased = 0;
  for (const SlotId slot : chosen) erased += reclaimer_.discard(slot, Pinned::goes);
  reclaimer_.reclaim();
  return erased;
}

std::optional<std::uint32_t> Compactor::extent_of(const GrowthLock&, SpaceId space) const {
  const CatalogReadLock lock = state_.catalog.lock_shared();
  for (std::uint32_t extent = 0; extent < state_.catalog.slots.extents(); ++extent)
    if (state_.catalog.slots.slots(extent) > 0 && state_.catalog.slots.space(extent) == space) return extent;
  return std::nullopt;
}

Result<CompactStep> Compactor::drop(SpaceId id) {
  MEMO_ASSIGN_OR_RETURN(const SpaceRef space, state_.space(id));
  MEMO_RETURN_IF_ERROR(state_.usable());
  const GrowthLock growth = state_.lock_growth();
  MEMO_RETURN_IF_ERROR(state_.table_damage.can_move_extents());
  if (const std::uint32_t users = space->users; users > 0)
    return Status(StatusCode::in_use, fmt::format("space {} is open in {} sessions; it goes when they have ended",
                                                  static_cast<std::uint32_t>(id), users));
  CompactStep step{.moved = erase_some(growth, id)};
  const auto extent = extent_of(growth, id);
  if (extent && step.moved == 0) {
    if (!drain_.is_active(growth)) drain_.begin(growth, *extent, Emptying::by_evicting);
    step.freed_bytes = drain_.step(growth).freed_bytes;
  }
  step.more = extent.has_value();
  if (!step.more) {
    state_.pool->set_quota(id, 0);
    space->quota_bytes = 0;
  }
  return step;
}

Result<CompactStep> Compactor::compact() {
  const GrowthLock growth = state_.lock_growth();
  MEMO_RETURN_IF_ERROR(state_.table_damage.can_move_extents());
  if (!drain_.is_active(growth))
    if (const auto sparse = sparse_extent(growth)) drain_.begin(growth, *sparse, Emptying::by_moving);
  const bool more = drain_.is_active(growth);
  if (more) {
    drain_.step(growth);
    state_.maintenance.wake();  // continues with what is still leased
  }
  const DrainStep told = drain_.take_untold(growth);
  return CompactStep{.moved = told.moved, .freed_bytes = told.freed_bytes, .more = more};
}

}  // namespace memo
