// Evictor: chooses the memos that go when the pool has no room, and the extents that change spaces.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "memod/store/catalog/eviction.h"
#include "memod/store/state/growth_lock.h"
#include "memod/store/state/reclaimer.h"
#include "memod/store/state/state.h"
#include "memod/store/upkeep/extent_drain.h"

namespace memo {

// The memos that saved least lately go first; pinned ones stay. Leased memos go only where the others are too few:
// no lookup finds them any more, and their slots become free when the leases end or are overdue, which is then
// soon.
//
// Threads: any. Lifetime: state, reclaimer and drain outlive this.
class Evictor {
 public:
  Evictor(StoreState& state, Reclaimer& reclaimer, ExtentDrain& drain)
      : state_(state), reclaimer_(reclaimer), drain_(drain) {}

  // Makes room where publishers asked for it, and takes extents from spaces that are over their quota.
  // Does nothing in the grace period after opening, or where eviction is off.
  void make_room(const GrowthLock& lock);
  // Evicts `memos` memos of the space, or fewer if no more may go; -> how many. Errors: invalid_argument for an
  // unknown space.
  Result<std::uint64_t> evict(SpaceId space, std::uint64_t memos);

 private:
  using Slots = std::unordered_set<std::uint64_t>;
  struct Evictable {
    std::vector<MemoValue> unheld;
    std::vector<MemoValue> held;  // by leases in force
  };
  // What a space has.
  struct Room {
    std::uint64_t slots = 0;
    std::uint64_t free_slots = 0;
    std::uint64_t reserved_bytes = 0;
  };

  void relieve(const GrowthLock& lock, SpaceId id, SpaceCatalog& space);
  Room room_of(const GrowthLock& lock, SpaceId id, const SpaceCatalog& space) const;
  // An extent of another space that this space may take over.
  std::optional<ExtentValue> donor_for(const GrowthLock& lock, SpaceId id, const Room& room);
  bool is_worth_moving(const ExtentValue& donor, const Room& room, const std::vector<MemoValue>& memos) const;
  std::uint64_t evict_least_valuable(const GrowthLock& lock, SpaceId space, std::uint64_t count);
  Evictable evictable_memos(const GrowthLock& lock, SpaceId space) const;
  // `held`: leased slots; an extent with one of them is spared.
  std::optional<ExtentValue> cheapest_extent(const GrowthLock& lock, std::optional<SpaceId> of,
                                             std::optional<SpaceId> except, const Slots& held) const;
  // Nothing when a memo in the extent may not go, or when its entry is vacant.
  std::optional<ExtentValue> value_of_extent(const CatalogLock& lock, std::uint32_t extent,
                                             const Slots& held) const;
  float value(const CatalogLock& lock, SlotId slot, std::uint32_t minute) const;
  bool is_over_quota(const SpaceCatalog& space) const;

  StoreState& state_;
  Reclaimer& reclaimer_;
  ExtentDrain& drain_;
};

}  // namespace memo
