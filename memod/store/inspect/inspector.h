// Inspector: what a store says of itself and of its memos.
#pragma once

#include <cstdint>
#include <string>

#include "client/store_admin.h"
#include "memod/store/memory/pool_memory.h"
#include "memod/store/state/answers.h"
#include "memod/store/state/reclaimer.h"
#include "memod/store/state/state.h"
#include "memod/store/upkeep/background_sync.h"

namespace memo {

// Its methods do what Store's methods of the same names do. Threads: any. Lifetime: the parts that it is made from
// outlive this.
class Inspector {
 public:
  Inspector(StoreState& state, Reclaimer& reclaimer, const PoolMemory& pool_memory, const BackgroundSync& sync)
      : state_(state), reclaimer_(reclaimer), pool_memory_(pool_memory), sync_(sync) {}

  StoreStats stats() const;
  StoreMemory memory() const;
  // Pages are bounded: other requests wait while one is made.
  MemoPage list(std::uint64_t cursor, std::uint32_t limit) const;
  // With `repair`, damaged memos are erased.
  CheckPage check(std::uint64_t cursor, std::uint32_t limit, bool repair);
  // Errors: invalid_argument for an unknown space, not_found, corrupt.
  Result<MemoDetail> show(SpaceId space, Layer layer, const Key& key) const;

 private:
  SpaceStats space_stats(const CatalogLock& lock, SpaceId id, const SpaceCatalog& space) const;
  MemoRecord record(const CatalogLock& lock, SlotId slot) const;
  // False when the memo is damaged.
  bool check_leased(SlotId slot, CheckPage& page) const;
  std::string durability() const;

  StoreState& state_;
  Reclaimer& reclaimer_;
  const PoolMemory& pool_memory_;
  const BackgroundSync& sync_;
};

}  // namespace memo
