#include "memod/store/upkeep/usage_saver.h"

namespace memo {
namespace {

constexpr std::chrono::minutes kInterval{1};

}  // namespace

void UsageSaver::save_when_due(const GrowthLock&) {
  if (std::chrono::steady_clock::now() - saved_ <= kInterval) return;
  save();
  saved_ = std::chrono::steady_clock::now();
}

// The lock is given up every kSlots slots: a publisher that waits for it also makes lookups wait.
void UsageSaver::save() {
  constexpr std::uint32_t kSlots = 1024;
  SlotId slot;
  std::uint64_t position = 0;
  for (bool more = true; more;) {
    const CatalogReadLock lock = state_.catalog.lock_shared();
    for (std::uint32_t seen = 0; seen < kSlots && more; ++seen) {
      more = state_.catalog.slots.next(position, slot);
      if (more && state_.catalog.slots.is_live(slot))
        state_.pool->note_usage(slot, pack(state_.catalog.slots.usage(slot)));
      position = slot.value + 1;
    }
  }
}

}  // namespace memo
