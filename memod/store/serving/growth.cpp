#include "memod/store/serving/growth.h"

#include <algorithm>

namespace memo {

Result<std::uint32_t> Growth::grow(const GrowthLock&, SpaceId id, SpaceCatalog& space) {
  const std::uint64_t quota = space.quota_bytes;
  const std::uint64_t reserved = state_.catalog.reserved_bytes(id);
  const std::uint64_t room = quota == 0 ? UINT64_MAX : quota - std::min(quota, reserved);
  Result<std::uint32_t> extent = state_.pool->add_extent(id, room);
  if (!extent) {
    state_.table_damage.note(extent.status());
    space.exhausted = true;
    return extent;
  }
  const std::uint32_t slot_count = state_.pool->extents()[*extent].slot_count;
  state_.catalog.add_extent(id, *extent, slot_count, state_.pool->extent_bytes(*extent));
  state_.free_slots.add_extent(id, *extent, slot_count);
  return extent;
}

bool Growth::is_short(SpaceId id, const SpaceCatalog& space) const {
  return state_.free_slots.count(id) * 4 < space.newest_extent_slots;
}

bool Growth::note_shortage(SpaceId id, SpaceCatalog& space) {
  if (space.exhausted)
    space.room_wanted = true;
  else if (is_short(id, space))
    return !space.growth_wanted.exchange(true);
  return false;
}

void Growth::grow_ahead(const std::stop_token& stop) {
  for (std::uint32_t index = 0; const SpaceRef space = state_.catalog.space(SpaceId{index}); ++index) {
    if (!space->growth_wanted.exchange(false)) continue;
    const auto extent = grow_if_short(SpaceId{index}, *space);
    if (extent && state_.options.memory.prefault) prefault(*extent, stop);
  }
}

std::optional<std::uint32_t> Growth::grow_if_short(SpaceId id, SpaceCatalog& space) {
  const GrowthLock growth = state_.lock_growth();
  if (!is_short(id, space)) return std::nullopt;
  Result<std::uint32_t> extent = grow(growth, id, space);
  return extent ? std::optional(*extent) : std::nullopt;
}

// This goes in steps, so that others get the lock that keeps the extent in its place.
void Growth::prefault(std::uint32_t extent, const std::stop_token& stop) {
  constexpr std::uint64_t kStep = 16 << 20;
  for (std::uint64_t from = 0; !stop.stop_requested(); from += kStep) {
    const GrowthLock growth = state_.lock_growth();
    if (from >= state_.pool->extent_bytes(extent)) return;
    state_.pool->prefault(extent, from, kStep);
  }
}

}  // namespace memo
