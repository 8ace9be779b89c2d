#include "client/attached/lease_slots.h"

#include <cassert>

#include "client/step.h"

namespace memo {

LeaseSlots::LeaseSlots(std::span<std::atomic<std::uint64_t>> words) : words_(words) {
  free_.reserve(words.size());
  for (std::size_t index = words.size(); index > 0; --index)
    free_.push_back(static_cast<std::uint32_t>(index - 1));
}

bool LeaseSlots::take(std::span<std::uint32_t> indexes) {
  const std::lock_guard lock(mutex_);
  if (free_.size() < indexes.size()) return false;
  for (std::uint32_t& index : indexes) {
    index = free_.back();
    free_.pop_back();
  }
  return true;
}

void LeaseSlots::give_back(std::uint32_t index) {
  step("release: begun");
  // Release: everything that was read through the lease was read before the slot may be reused.
  words_[index].store(0, std::memory_order_release);
  step("release: lease ended");
  const std::lock_guard lock(mutex_);
  assert(free_.size() < words_.size());
  free_.push_back(index);
}

std::size_t LeaseSlots::free_count() const {
  const std::lock_guard lock(mutex_);
  return free_.size();
}

}  // namespace memo
