// Which memos go when the pool has no room, and whose extents.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <shared_mutex>

#include "memod/store_impl.h"

namespace memo {
namespace {

// An extent moves to another space only if its memos save less than this share of what as many bytes of that space
// save: without a margin two spaces of equal worth would take extents from each other in turn.
constexpr float kMoveMargin = 0.5f;

// What a lease is worth while only leased memos are left to make room: a session that holds views of everything, and asks
// for them again and again, must not end publishing for all. A reader whose view is revoked computes.
constexpr std::chrono::milliseconds kShortLease{1000};

// Free slots that a share leaves, at least one.
std::uint64_t free_slots(std::uint64_t slots, double used_share) {
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(static_cast<double>(slots) * (1 - used_share))));
}

}  // namespace

float Store::Impl::value(SlotId slot, std::uint32_t minute) const {
  return saved_us(pool_->header(slot).cost_us, decay_.hits_at(catalog_.slots.usage(slot), minute));
}

// The lock is given up between extents, so that publishers do not wait for a walk over a whole space. What changes
// meanwhile makes a choice a little worse, and nothing else: evicting looks again.
Store::Impl::Evictable Store::Impl::evictable_memos(SpaceId space) const {
  const Slots held = held_slots();
  const std::uint32_t now = minute();
  Evictable memos;
  for (std::uint32_t extent = 0;; ++extent) {
    const std::shared_lock lock(catalog_.mutex);
    const SlotTable& slots = catalog_.slots;
    if (extent >= slots.extents()) return memos;
    if (slots.slots(extent) == 0 || slots.space(extent) != space) continue;
    for (std::uint32_t index = 0; index < slots.slots(extent); ++index) {
      const SlotId slot = SlotId::make(extent, index);
      if (slots.is_live(slot) && !slots.is_pinned(slot))
        (held.contains(slot.value) ? memos.held : memos.unheld).push_back({slot, value(slot, now)});
    }
  }
}

// Where unleased ones are too few, leased ones go, too: they are found no more, and their slots are free when the leases
// end or are overdue, which is soon then.
std::uint64_t Store::Impl::evict_least_valuable(SpaceId space, std::uint64_t count) {
  Evictable memos = evictable_memos(space);
  std::vector<MemoValue> chosen = least_valuable(std::move(memos.unheld), count);
  if (chosen.size() < count && !memos.held.empty()) {
    shorten_leases();
    const auto held = least_valuable(std::move(memos.held), count - chosen.size());
    chosen.insert(chosen.end(), held.begin(), held.end());
  }
  std::uint64_t evicted = 0;
  for (const MemoValue& memo : chosen) evicted += discard(memo.slot, Pinned::stays);
  evicted_.fetch_add(evicted, std::memory_order_relaxed);
  reclaim();
  return evicted;
}

std::chrono::milliseconds Store::Impl::lease_limit() const {
  const bool are_short =
      std::chrono::steady_clock::now() < leases_are_short_until_.load(std::memory_order_relaxed);
  return are_short ? std::min(kShortLease, options_.lease_limit) : options_.lease_limit;
}

// For as long as it takes until what was evicted now is free.
void Store::Impl::shorten_leases() {
  leases_are_short_until_.store(std::chrono::steady_clock::now() + 2 * kShortLease, std::memory_order_relaxed);
}

Result<std::uint64_t> Store::Impl::evict(SpaceId id, std::uint64_t memos) {
  const Result<SpaceRef> space = this->space(id);
  if (!space) return space.status();
  const std::lock_guard growth(growth_mutex_);
  return evict_least_valuable(id, memos);
}

// Nothing when a memo in it may not go, or when it is vacant. Requires: the catalog's lock, shared.
std::optional<ExtentValue> Store::Impl::value_of_extent(std::uint32_t extent, const Slots& held) const {
  const SlotTable& slots = catalog_.slots;
  if (slots.slots(extent) == 0) return std::nullopt;
  const std::uint32_t now = minute();
  float saved = 0;
  for (std::uint32_t index = 0; index < slots.slots(extent); ++index) {
    const SlotId slot = SlotId::make(extent, index);
    if (!slots.is_live(slot)) continue;
    if (slots.is_pinned(slot) || held.contains(slot.value)) return std::nullopt;
    saved += value(slot, now);
  }
  return ExtentValue{extent, saved / static_cast<float>(pool_->extent_bytes(extent))};
}

std::optional<ExtentValue> Store::Impl::cheapest_extent(std::optional<SpaceId> of, std::optional<SpaceId> except,
                                                        const Slots& held) const {
  std::optional<ExtentValue> cheapest;
  for (std::uint32_t extent = 0;; ++extent) {
    const std::shared_lock lock(catalog_.mutex);
    if (extent >= catalog_.slots.extents()) return cheapest;
    const SpaceId space = catalog_.slots.space(extent);
    if ((of && space != *of) || (except && space == *except)) continue;
    const auto value = value_of_extent(extent, held);
    if (value && (!cheapest || value->saved_us_per_byte < cheapest->saved_us_per_byte)) cheapest = value;
  }
}

// Called when the pool, or the space's quota, has no room for another extent. First an extent that serves another
// space little comes over; else, and while it is being emptied, the space gives up memos of its own.
void Store::Impl::relieve(SpaceId id, SpaceCatalog& space) {
  std::uint64_t slots = 0;
  std::uint64_t reserved = 0;
  {
    const std::shared_lock lock(catalog_.mutex);
    slots = space.slots;
    reserved = space.reserved_bytes;
  }
  const std::uint64_t free = free_.count(id);
  if (slots > 0 && free >= free_slots(slots, options_.eviction.high_watermark)) return;

  std::vector<MemoValue> memos = evictable_memos(id).unheld;
  const std::uint64_t quota = space.quota_bytes;
  const bool may_take =
      !drain_ && !tables_damaged_ && (quota == 0 || reserved + pool_->root().extent_bytes <= quota);
  auto donor = may_take ? cheapest_extent(std::nullopt, id, held_slots()) : std::nullopt;
  if (may_take && !donor && slots == 0) {
    // Every extent has leased memos, and this space has none of its own to give up.
    shorten_leases();
    donor = cheapest_extent(std::nullopt, id, {});
  }
  if (donor) {
    // What the space itself would lose to win as many bytes.
    const float bytes = static_cast<float>(pool_->extent_bytes(donor->extent));
    const float slot_bytes = slots == 0 ? bytes : static_cast<float>(reserved) / static_cast<float>(slots);
    const auto lost = least_valuable(memos, static_cast<std::size_t>(bytes / slot_bytes));
    const float saved = std::accumulate(lost.begin(), lost.end(), 0.0f,
                                        [](float sum, const MemoValue& memo) { return sum + memo.saved_us; });
    if (slots == 0 || donor->saved_us_per_byte * bytes < kMoveMargin * saved)
      begin_drain(donor->extent, Emptying::by_evicting);
  }
  if (drain_ && continue_drain().freed_bytes > 0) return;  // its room is the pool's now
  if (slots > 0) evict_least_valuable(id, free_slots(slots, options_.eviction.low_watermark) - free);
}

bool Store::Impl::is_over_quota(const SpaceCatalog& space) const {
  const std::shared_lock lock(catalog_.mutex);
  return space.quota_bytes != 0 && space.reserved_bytes > space.quota_bytes;
}

void Store::Impl::make_room() {
  if (!options_.eviction.enabled || in_grace()) return;
  for (std::uint32_t index = 0; const SpaceRef space = catalog_.space(SpaceId{index}); ++index) {
    if (!drain_ && !tables_damaged_ && is_over_quota(*space))
      if (const auto cheapest = cheapest_extent(SpaceId{index}, std::nullopt, held_slots()))
        begin_drain(cheapest->extent, Emptying::by_evicting);
    if (space->exhausted && space->room_wanted.exchange(false)) relieve(SpaceId{index}, *space);
  }
}

// Not at every hit: the words are in the pool's cache lines. The lock is given up now and then: a publisher who waits
// for it keeps lookups waiting, too.
void Store::Impl::save_usage() {
  constexpr std::uint32_t kSlots = 1024;
  SlotId slot;
  std::uint64_t position = 0;
  for (bool more = true; more;) {
    const std::shared_lock lock(catalog_.mutex);
    for (std::uint32_t seen = 0; seen < kSlots && more; ++seen) {
      more = catalog_.slots.next(position, slot);
      if (more && catalog_.slots.is_live(slot)) pool_->note_usage(slot, pack(catalog_.slots.usage(slot)));
      position = slot.value + 1;
    }
  }
  usage_saved_ = std::chrono::steady_clock::now();
}

}  // namespace memo
