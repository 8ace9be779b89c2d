// Reclaimer: makes memos unfindable and their slots free.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_set>

#include "memod/store/leases/lease_table.h"
#include "memod/store/leases/leased_slots.h"
#include "memod/store/state/state.h"

namespace memo {

// Threads: any. Lifetime: the state outlives this.
class Reclaimer {
 public:
  explicit Reclaimer(StoreState& state) : state_(state) {}

  // Makes the memo that the slot holds unfindable; false when there is none, or it is pinned and must stay. The
  // slot becomes free in the first reclaim() that finds no lease of it.
  bool discard(SlotId slot, Pinned pinned);
  // The same for a damaged memo, pinned or not; counts it.
  void discard_damaged(SlotId slot);

  // Frees what was erased while it was leased. Leases end without a message, so this runs when slots are wanted
  // and when sessions end, not when a lease ends. On return, every slot that no lease held at the call is free,
  // also a slot that another thread was about to free. Nothing is freed in the grace period after opening.
  void reclaim();
  // Requires: no lookup can find a memo in the slot, and no lease holds it.
  void release(const ErasedSlot& erased);

  // The slots that leases in force hold.
  std::unordered_set<std::uint64_t> held_slots() const { return state_.leased_slots.held(lease_limit()); }
  // Called when only leased memos are left to make room. Leases are then overdue sooner, until the slots that are
  // evicted now are free. A session that holds views of everything, and keeps asking for them, must not stop
  // publishing for everybody; a reader whose view is revoked computes.
  void shorten_leases();

 private:
  std::chrono::milliseconds lease_limit() const;

  StoreState& state_;
  std::mutex mutex_;  // one thread at a time takes deferred slots and frees them
  std::atomic<std::chrono::steady_clock::time_point> leases_are_short_until_{};
};

}  // namespace memo
