#include "memod/store/catalog/free_slots.h"

#include <algorithm>
#include <iterator>

namespace memo {

std::deque<SlotId>& FreeSlots::of(SpaceId space) {
  const auto index = static_cast<std::size_t>(space);
  by_space_.resize(std::max(by_space_.size(), index + 1));
  return by_space_[index];
}

void FreeSlots::add(SpaceId space, SlotId slot) {
  const std::lock_guard lock(mutex_);
  const auto drained = drained_.find(slot.extent());
  if (drained != drained_.end())
    drained->second.push_back(slot);
  else
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

void FreeSlots::begin_drain(SpaceId space, std::uint32_t extent) {
  const std::lock_guard lock(mutex_);
  std::deque<SlotId>& slots = of(space);
  const auto in_extent = [extent](SlotId slot) { return slot.extent() == extent; };
  std::copy_if(slots.begin(), slots.end(), std::back_inserter(drained_[extent]), in_extent);
  std::erase_if(slots, in_extent);
}

std::size_t FreeSlots::drained(std::uint32_t extent) const {
  const std::lock_guard lock(mutex_);
  const auto found = drained_.find(extent);
  return found == drained_.end() ? 0 : found->second.size();
}

void FreeSlots::end_drain(std::uint32_t extent) {
  const std::lock_guard lock(mutex_);
  drained_.erase(extent);
}

void FreeSlots::cancel_drain(SpaceId space, std::uint32_t extent) {
  const std::lock_guard lock(mutex_);
  const auto found = drained_.find(extent);
  if (found == drained_.end()) return;
  std::deque<SlotId>& slots = of(space);
  slots.insert(slots.end(), found->second.begin(), found->second.end());
  drained_.erase(found);
}

std::size_t FreeSlots::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t slots = 0;
  for (const std::deque<SlotId>& of_space : by_space_) slots += of_space.size();
  for (const auto& [extent, of_extent] : drained_) slots += of_extent.capacity();
  return slots * sizeof(SlotId);
}

}  // namespace memo
