// ExtentDrain: empties an extent and gives it back to the pool.
//
// An extent is removed once all its slots are set aside as free. Then no lookup can find a memo in it, no lease
// holds a slot of it (LeasedSlots hands a slot over only then), and no publisher writes one (a claimed slot is not
// free). A view whose lease was revoked, or whose daemon died, may still read it; but the word at its place is no
// longer the view's generation, whatever happens to the bytes (first_generation() in pool/pool_extents.cpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "memod/store/leases/read_lease.h"
#include "memod/store/pool/format/slot_content.h"
#include "memod/store/state/growth_lock.h"
#include "memod/store/state/reclaimer.h"
#include "memod/store/state/state.h"

namespace memo {

// How the extent gets rid of its memos: they are moved to other extents of the space, or evicted.
enum class Emptying { by_moving, by_evicting };

struct DrainStep {
  std::uint64_t moved = 0;  // memos, in this step
  std::uint64_t freed_bytes = 0;
};

// Threads: the one that holds the growth lock. Lifetime: state and reclaimer outlive this.
class ExtentDrain {
 public:
  ExtentDrain(StoreState& state, Reclaimer& reclaimer) : state_(state), reclaimer_(reclaimer) {}

  // One extent at a time.
  bool is_active(const GrowthLock&) const { return drain_.has_value(); }
  // From here on nobody can claim a slot of the extent. Requires: none is active, and the pool's tables are
  // undamaged.
  void begin(const GrowthLock& lock, std::uint32_t extent, Emptying how);
  // Takes one bounded step. Afterwards no extent is active if it is gone, or cannot be removed.
  // Requires: one is active.
  DrainStep step(const GrowthLock& lock);
  // The sum of what moving steps did since the last call: the maintenance thread takes some of these steps.
  DrainStep take_untold(const GrowthLock&);

 private:
  struct Drain {
    std::uint32_t extent = 0;
    SpaceId space{};
    Emptying how{};
    std::chrono::steady_clock::time_point deadline;
    std::uint32_t next = 0;  // slot to empty
  };

  // -> how many memos were moved.
  std::uint64_t empty_some(const GrowthLock& lock);
  bool move_memo(const GrowthLock& lock, SlotId slot);
  // The content of a live slot of the extent. It points into the pool, and stays valid while `lease` holds the
  // slot.
  std::optional<SlotContent> take_content(const GrowthLock& lock, SlotId slot, ReadLease& lease) const;
  bool remove_extent(const GrowthLock& lock);
  void cancel(const GrowthLock& lock);

  StoreState& state_;
  Reclaimer& reclaimer_;
  // Under the growth lock:
  std::optional<Drain> drain_;
  DrainStep untold_;
};

}  // namespace memo
