#include "memod/store/leases/lease_table.h"

#include <cassert>

namespace memo {

LeaseTable::LeaseTable(std::span<std::atomic<std::uint64_t>> shared_words)
    : shared_words_(shared_words), granted_slots_(shared_words.size()), granted_at_(shared_words.size()) {}

void LeaseTable::grant(std::uint32_t index, std::uint64_t slot, Generation generation) {
  assert(index < size());
  granted_at_[index].store(std::chrono::steady_clock::now(), std::memory_order_relaxed);
  granted_slots_[index].store(slot + 1, std::memory_order_relaxed);
  shared_words_[index].store(static_cast<std::uint64_t>(generation), std::memory_order_release);
}

// Release: the reads through the view come before the word is seen cleared, and so before the slot is written
// again.
void LeaseTable::release(std::uint32_t index) {
  assert(index < size());
  shared_words_[index].store(0, std::memory_order_release);
}

bool LeaseTable::in_force(std::uint32_t index) const {
  return shared_words_[index].load(std::memory_order_acquire) != 0;
}

bool LeaseTable::holds(std::uint64_t slot) const {
  for (std::uint32_t index = 0; index < size(); ++index)
    if (granted_slots_[index].load(std::memory_order_relaxed) == slot + 1 && in_force(index)) return true;
  return false;
}

void LeaseTable::collect_held(std::chrono::steady_clock::time_point oldest,
                              std::unordered_set<std::uint64_t>& slots) const {
  for (std::uint32_t index = 0; index < size(); ++index) {
    const std::uint64_t granted = granted_slots_[index].load(std::memory_order_relaxed);
    if (granted != 0 && in_force(index) && granted_at_[index].load(std::memory_order_relaxed) >= oldest)
      slots.insert(granted - 1);
  }
}

std::uint32_t LeaseTable::held() const {
  std::uint32_t count = 0;
  for (std::uint32_t index = 0; index < size(); ++index)
    count += granted_slots_[index].load(std::memory_order_relaxed) != 0 && in_force(index);
  return count;
}

}  // namespace memo
