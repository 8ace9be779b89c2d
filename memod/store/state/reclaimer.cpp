#include "memod/store/state/reclaimer.h"

#include <algorithm>

namespace memo {
namespace {

// The lease limit while leases are shortened.
constexpr std::chrono::milliseconds kShortLease{1000};

}  // namespace

bool Reclaimer::discard(SlotId slot, Pinned pinned) {
  const auto removed = state_.catalog.remove(slot, pinned);
  if (!removed) return false;
  removed->layer->index.remove(slot.value);
  state_.leased_slots.defer({removed->space, slot});
  return true;
}

void Reclaimer::discard_damaged(SlotId slot) {
  state_.damaged.fetch_add(discard(slot, Pinned::goes), std::memory_order_relaxed);
}

void Reclaimer::reclaim() {
  if (state_.in_grace()) return;
  const std::lock_guard lock(mutex_);
  for (const ErasedSlot& erased : state_.leased_slots.take_unheld(lease_limit())) release(erased);
}

void Reclaimer::release(const ErasedSlot& erased) {
  state_.pool->free_slot(erased.slot);
  state_.free_slots.add(erased.space, erased.slot);
}

std::chrono::milliseconds Reclaimer::lease_limit() const {
  const std::chrono::milliseconds limit = state_.options.lease_limit;
  const bool are_short =
      std::chrono::steady_clock::now() < leases_are_short_until_.load(std::memory_order_relaxed);
  return are_short ? std::min(kShortLease, limit) : limit;
}

void Reclaimer::shorten_leases() {
  leases_are_short_until_.store(std::chrono::steady_clock::now() + 2 * kShortLease, std::memory_order_relaxed);
}

}  // namespace memo
