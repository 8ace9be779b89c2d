#include "memod/store/upkeep/evictor.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace memo {
namespace {

// An extent moves to another space only if its memos save less than this share of what as many bytes of that space
// save: without a margin two spaces of equal worth would take extents from each other in turn.
constexpr float kMoveMargin = 0.5f;

// How many free slots a share leaves, at least one.
std::uint64_t free_slots(std::uint64_t slots, double used_share) {
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(static_cast<double>(slots) * (1 - used_share))));
}

}  // namespace

float Evictor::value(const CatalogLock&, SlotId slot, std::uint32_t minute) const {
  return saved_us(state_.pool->header(slot).cost_us,
                  state_.decay.hits_at(state_.catalog.slots.usage(slot), minute));
}

// The lock is given up between extents, so that publishers do not wait for a walk over a whole space. A change
// meanwhile only makes the choice a little worse: evicting checks again.
Evictor::Evictable Evictor::evictable_memos(const GrowthLock&, SpaceId space) const {
  const Slots held = reclaimer_.held_slots();
  const std::uint32_t now = state_.minute();
  Evictable memos;
  for (std::uint32_t extent = 0;; ++extent) {
    const CatalogReadLock lock = state_.catalog.lock_shared();
    const SlotTable& slots = state_.catalog.slots;
    if (extent >= slots.extents()) return memos;
    if (slots.slots(extent) == 0 || slots.space(extent) != space) continue;
    for (std::uint32_t index = 0; index < slots.slots(extent); ++index) {
      const SlotId slot = SlotId::make(extent, index);
      if (slots.is_live(slot) && !slots.is_pinned(slot))
        (held.contains(slot.value) ? memos.held : memos.unheld).push_back({slot, value(lock, slot, now)});
    }
  }
}

std::uint64_t Evictor::evict_least_valuable(const GrowthLock& lock, SpaceId space, std::uint64_t count) {
  Evictable memos = evictable_memos(lock, space);
  std::vector<MemoValue> chosen = least_valuable(std::move(memos.unheld), count);
  if (chosen.size() < count && !memos.held.empty()) {
    reclaimer_.shorten_leases();
    const auto held = least_valuable(std::move(memos.held), count - chosen.size());
    chosen.insert(chosen.end(), held.begin(), held.end());
  }
  std::uint64_t evicted = 0;
  for (const MemoValue& memo : chosen) evicted += reclaimer_.discard(memo.slot, Pinned::stays);
  state_.evicted.fetch_add(evicted, std::memory_order_relaxed);
  reclaimer_.reclaim();
  return evicted;
}

Result<std::uint64_t> Evictor::evict(SpaceId id, std::uint64_t memos) {
  // Held until the end: the id belongs to no other space meanwhile.
  MEMO_ASSIGN_OR_RETURN(const SpaceRef space, state_.space(id));
  return evict_least_valuable(state_.lock_growth(), id, memos);
}

std::optional<ExtentValue> Evictor::value_of_extent(const CatalogLock& lock, std::uint32_t extent,
                                                    const Slots& held) const {
  const SlotTable& slots = state_.catalog.slots;
  if (slots.slots(extent) == 0) return std::nullopt;
  const std::uint32_t now = state_.minute();
  float saved = 0;
  for (std::uint32_t index = 0; index < slots.slots(extent); ++index) {
    const SlotId slot = SlotId::make(extent, index);
    if (!slots.is_live(slot)) continue;
    if (slots.is_pinned(slot) || held.contains(slot.value)) return std::nullopt;
    saved += value(lock, slot, now);
  }
  return ExtentValue{extent, saved / static_cast<float>(state_.pool->extent_bytes(extent))};
}

std::optional<ExtentValue> Evictor::cheapest_extent(const GrowthLock&, std::optional<SpaceId> of,
                                                    std::optional<SpaceId> except, const Slots& held) const {
  std::optional<ExtentValue> cheapest;
  for (std::uint32_t extent = 0;; ++extent) {
    const CatalogReadLock lock = state_.catalog.lock_shared();
    if (extent >= state_.catalog.slots.extents()) return cheapest;
    const SpaceId space = state_.catalog.slots.space(extent);
    if ((of && space != *of) || (except && space == *except)) continue;
    const auto value = value_of_extent(lock, extent, held);
    if (value && (!cheapest || value->saved_us_per_byte < cheapest->saved_us_per_byte)) cheapest = value;
  }
}

Evictor::Room Evictor::room_of(const GrowthLock&, SpaceId id, const SpaceCatalog& space) const {
  Room room;
  {
    const CatalogReadLock lock = state_.catalog.lock_shared();
    room.slots = space.slots;
    room.reserved_bytes = space.reserved_bytes;
  }
  room.free_slots = state_.free_slots.count(id);
  return room;
}

std::optional<ExtentValue> Evictor::donor_for(const GrowthLock& lock, SpaceId id, const Room& room) {
  const auto donor = cheapest_extent(lock, std::nullopt, id, reclaimer_.held_slots());
  if (donor || room.slots > 0) return donor;
  // Every extent has leased memos, and this space has no memos of its own to give up.
  reclaimer_.shorten_leases();
  return cheapest_extent(lock, std::nullopt, id, {});
}

// Compares with what the space itself would lose to win as many bytes.
bool Evictor::is_worth_moving(const ExtentValue& donor, const Room& room,
                              const std::vector<MemoValue>& memos) const {
  if (room.slots == 0) return true;
  const float bytes = static_cast<float>(state_.pool->extent_bytes(donor.extent));
  const float slot_bytes = static_cast<float>(room.reserved_bytes) / static_cast<float>(room.slots);
  const auto lost = least_valuable(memos, static_cast<std::size_t>(bytes / slot_bytes));
  const float saved = std::accumulate(lost.begin(), lost.end(), 0.0f,
                                      [](float sum, const MemoValue& memo) { return sum + memo.saved_us; });
  return donor.saved_us_per_byte * bytes < kMoveMargin * saved;
}

// Called when the pool, or the space's quota, has no room for another extent. First, the space takes over an
// extent that is of little use to another space. Else, and while that extent is being emptied, the space gives up
// memos of its own.
void Evictor::relieve(const GrowthLock& lock, SpaceId id, SpaceCatalog& space) {
  const Room room = room_of(lock, id, space);
  const EvictionOptions& eviction = state_.options.eviction;
  if (room.slots > 0 && room.free_slots >= free_slots(room.slots, eviction.high_watermark)) return;

  const std::vector<MemoValue> memos = evictable_memos(lock, id).unheld;
  const std::uint64_t quota = space.quota_bytes;
  const bool may_take = !drain_.is_active(lock) && !state_.table_damage.is_known() &&
                        (quota == 0 || room.reserved_bytes + state_.pool->root().extent_bytes <= quota);
  const auto donor = may_take ? donor_for(lock, id, room) : std::nullopt;
  if (donor && is_worth_moving(*donor, room, memos)) drain_.begin(lock, donor->extent, Emptying::by_evicting);
  if (drain_.is_active(lock) && drain_.step(lock).freed_bytes > 0) return;  // its room is the pool's now
  if (room.slots > 0)
    evict_least_valuable(lock, id, free_slots(room.slots, eviction.low_watermark) - room.free_slots);
}

bool Evictor::is_over_quota(const SpaceCatalog& space) const {
  const CatalogReadLock lock = state_.catalog.lock_shared();
  return space.quota_bytes != 0 && space.reserved_bytes > space.quota_bytes;
}

void Evictor::make_room(const GrowthLock& lock) {
  if (!state_.options.eviction.enabled || state_.in_grace()) return;
  for (std::uint32_t index = 0; const SpaceRef space = state_.catalog.space(SpaceId{index}); ++index) {
    if (!drain_.is_active(lock) && !state_.table_damage.is_known() && is_over_quota(*space))
      if (const auto cheapest = cheapest_extent(lock, SpaceId{index}, std::nullopt, reclaimer_.held_slots()))
        drain_.begin(lock, cheapest->extent, Emptying::by_evicting);
    if (space->exhausted && space->room_wanted.exchange(false)) relieve(lock, SpaceId{index}, *space);
  }
}

}  // namespace memo
