#include "memod/store/leases/leased_slots.h"

#include <algorithm>

namespace memo {

void LeasedSlots::add(LeaseTable& table) {
  const std::lock_guard lock(mutex_);
  tables_.push_back(&table);
}

void LeasedSlots::remove(LeaseTable& table) {
  const std::lock_guard lock(mutex_);
  std::erase(tables_, &table);
}

void LeasedSlots::defer(ErasedSlot erased) {
  const std::lock_guard lock(mutex_);
  deferred_.push_back(erased);
}

// A deferred slot cannot be found, so no lease of it is granted any more: one that is not held now never will be.
std::vector<ErasedSlot> LeasedSlots::take_unheld(std::chrono::milliseconds lease_limit) {
  const std::lock_guard lock(mutex_);
  if (deferred_.empty()) return {};
  const auto held = held_since(std::chrono::steady_clock::now() - lease_limit);
  const auto held_end = std::partition(deferred_.begin(), deferred_.end(), [&held](const ErasedSlot& erased) {
    return held.contains(erased.slot.value);
  });
  std::vector<ErasedSlot> unheld(held_end, deferred_.end());
  deferred_.erase(held_end, deferred_.end());
  return unheld;
}

bool LeasedSlots::any_deferred() const {
  const std::lock_guard lock(mutex_);
  return !deferred_.empty();
}

std::unordered_set<std::uint64_t> LeasedSlots::held(std::chrono::milliseconds lease_limit) const {
  const std::lock_guard lock(mutex_);
  return held_since(std::chrono::steady_clock::now() - lease_limit);
}

// Requires: mutex_ is held.
std::unordered_set<std::uint64_t> LeasedSlots::held_since(std::chrono::steady_clock::time_point oldest) const {
  std::unordered_set<std::uint64_t> slots;
  for (const LeaseTable* table : tables_) table->collect_held(oldest, slots);
  return slots;
}

}  // namespace memo
