#include "memod/catalog/free_slots.h"

#include <algorithm>

namespace memo {

std::deque<SlotId>& FreeSlots::of(SpaceId space) {
  const auto index = static_cast<std::size_t>(space);
  by_space_.resize(std::max(by_space_.size(), index + 1));
  return by_space_[index];
}

void FreeSlots::add(SpaceId space, SlotId slot) {
  const std::lock_guard lock(mutex_);
  of(space).push_back(slot);
}

void FreeSlots::add_extent(SpaceId space, std::uint32_t extent, std::uint32_t slot_count) {
  const std::lock_guard lock(mutex_);
  std::deque<SlotId>& slots = of(space);
  for (std::uint32_t index = 0; index < slot_count; ++index) slots.push_back(SlotId::make(extent, index));
}

std::optional<SlotId> FreeSlots::claim(SpaceId space) {
  const std::lock_guard lock(mutex_);
  std::deque<SlotId>& slots = of(space);
  if (slots.empty()) return std::nullopt;
  const SlotId slot = slots.front();
  slots.pop_front();
  return slot;
}

std::size_t FreeSlots::count(SpaceId space) const {
  const std::lock_guard lock(mutex_);
  const auto index = static_cast<std::size_t>(space);
  return index < by_space_.size() ? by_space_[index].size() : 0;
}

}  // namespace memo
