// LeasedSlots: which slots views hold, over all sessions, and the erased slots that wait for their last view.
#pragma once

#include <mutex>
#include <vector>

#include "client/types.h"
#include "memod/pool/pool.h"
#include "memod/session/lease_table.h"

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
  // The deferred slots that no lease holds now; the caller owns them.
  std::vector<ErasedSlot> take_unheld();

 private:
  bool holds(SlotId slot) const;

  std::mutex mutex_;
  std::vector<LeaseTable*> tables_;   // under mutex_
  std::vector<ErasedSlot> deferred_;  // under mutex_
};

}  // namespace memo
