#include "memod/catalog/leased_slots.h"

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

std::vector<ErasedSlot> LeasedSlots::take_unheld() {
  const std::lock_guard lock(mutex_);
  const auto held_end = std::partition(deferred_.begin(), deferred_.end(),
                                       [this](const ErasedSlot& erased) { return holds(erased.slot); });
  std::vector<ErasedSlot> unheld(held_end, deferred_.end());
  deferred_.erase(held_end, deferred_.end());
  return unheld;
}

bool LeasedSlots::holds(SlotId slot) const {
  return std::any_of(tables_.begin(), tables_.end(),
                     [slot](const LeaseTable* table) { return table->holds(slot.value); });
}

}  // namespace memo
