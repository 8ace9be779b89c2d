// LeasedSlots: the slots that views of all sessions hold, and the erased slots that wait for their last view to
// end.
#pragma once

#include <chrono>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "memo/types.h"
#include "memod/store/leases/lease_table.h"
#include "memod/store/pool/pool.h"

namespace memo {

struct ErasedSlot {
  SpaceId space{};
  SlotId slot;
};

// Threads: any.
class LeasedSlots {
 public:
  // Lifetime: the table stays valid until remove().
  void add(LeaseTable& table);
  void remove(LeaseTable& table);

  // Requires: the memo cannot be found any more, so no new lease of the slot can be granted.
  void defer(ErasedSlot erased);
  // The deferred slots that no lease of at most `lease_limit` holds now; the caller then owns them. An overdue
  // lease loses its slot: freeing the slot changes its generation, and the view's reader notices that.
  std::vector<ErasedSlot> take_unheld(std::chrono::milliseconds lease_limit);
  bool any_deferred() const;
  // The slots that leases of at most `lease_limit` hold now: an older lease holds nothing.
  std::unordered_set<std::uint64_t> held(std::chrono::milliseconds lease_limit) const;

 private:
  std::unordered_set<std::uint64_t> held_since(std::chrono::steady_clock::time_point oldest) const;

  mutable std::mutex mutex_;
  std::vector<LeaseTable*> tables_;   // under mutex_
  std::vector<ErasedSlot> deferred_;  // under mutex_
};

}  // namespace memo
