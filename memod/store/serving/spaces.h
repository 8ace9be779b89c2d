// Spaces: opens the spaces of a store, and sets their quotas.
#pragma once

#include <cstdint>

#include "memod/store/state/answers.h"
#include "memod/store/state/growth_lock.h"
#include "memod/store/state/state.h"

namespace memo {

// Threads: any. Lifetime: the state outlives this, and every OpenedSpace.
class Spaces {
 public:
  explicit Spaces(StoreState& state) : state_(state) {}

  // As Store::open_space() and Store::use_space().
  // Errors: full (all records are of spaces that have memos, or are in use), invalid_argument, unavailable.
  Result<SpaceId> open(const SpaceSpec& spec);
  Result<OpenedSpace> use(const SpaceSpec& spec);
  // Durability: persistent on return. Errors: invalid_argument for an unknown id.
  Status set_quota(SpaceId id, std::uint64_t bytes);

 private:
  // When no record is free, a new space takes the record of a space that is empty and that nobody uses.
  Result<SpaceId> find_or_add(const GrowthLock& lock, const SpaceSpec& spec);

  StoreState& state_;
};

}  // namespace memo
