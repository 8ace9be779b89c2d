// Growth: gives spaces more extents, as far as the pool and their quotas have room.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "memod/store/state/growth_lock.h"
#include "memod/store/state/state.h"

namespace memo {

// Lifetime: the state outlives this.
class Growth {
 public:
  explicit Growth(StoreState& state) : state_(state) {}

  // -> the space's new extent; its slots are free. When there is no room, the space is `exhausted` from then on.
  // Errors: full, corrupt.
  Result<std::uint32_t> grow(const GrowthLock& lock, SpaceId id, SpaceCatalog& space);

  // After a publication: whether the space newly needs another extent.
  bool note_shortage(SpaceId id, SpaceCatalog& space);
  // Makes the next extent of a space that needs one, and brings it into memory, before a publish has to wait for
  // it.
  // Threads: the maintenance thread.
  void grow_ahead(const std::stop_token& stop);

 private:
  bool is_short(SpaceId id, const SpaceCatalog& space) const;
  std::optional<std::uint32_t> grow_if_short(SpaceId id, SpaceCatalog& space);
  void prefault(std::uint32_t extent, const std::stop_token& stop);

  StoreState& state_;
};

}  // namespace memo
