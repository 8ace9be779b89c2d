// Compactor: gives extents back to the pool on request: those of a space that is dropped, or sparse ones.
#pragma once

#include <cstdint>
#include <optional>

#include "client/store_admin.h"
#include "memod/store/state/growth_lock.h"
#include "memod/store/state/reclaimer.h"
#include "memod/store/state/state.h"
#include "memod/store/upkeep/extent_drain.h"

namespace memo {

// One bounded step a call; `more` says whether to call again. Threads: any.
// Lifetime: state, reclaimer and drain outlive this.
class Compactor {
 public:
  Compactor(StoreState& state, Reclaimer& reclaimer, ExtentDrain& drain)
      : state_(state), reclaimer_(reclaimer), drain_(drain) {}

  // Erases the space's memos, pinned ones too, and then removes its extents.
  // Errors: invalid_argument for an unknown space, in_use, corrupt, unavailable.
  Result<CompactStep> drop(SpaceId space);
  // Moves memos out of an extent whose memos fit into others of its space, and removes it. Errors: corrupt.
  Result<CompactStep> compact();

 private:
  // The extent with the fewest memos among those whose memos fit into the free slots of their space's other
  // extents.
  std::optional<std::uint32_t> sparse_extent(const GrowthLock& lock) const;
  // Erases up to some thousands of the space's memos; -> how many.
  std::uint64_t erase_some(const GrowthLock& lock, SpaceId space);
  std::optional<std::uint32_t> extent_of(const GrowthLock& lock, SpaceId space) const;

  StoreState& state_;
  Reclaimer& reclaimer_;
  ExtentDrain& drain_;
};

}  // namespace memo
