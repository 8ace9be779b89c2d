#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "memod/store_impl.h"

namespace memo {
namespace {

Status invalid(std::string_view field, std::uint64_t value, std::uint64_t low, std::uint64_t high) {
  return {StatusCode::invalid_argument,
          fmt::format("publish: {} is {}, must be {} to {}", field, value, low, high)};
}

Status validate_content(const SlotContent& content, const SpaceSpec& spec) {
  const auto layer = static_cast<std::uint32_t>(content.layer);
  if (layer >= kMaxLayers) return invalid("layer", layer, 0, kMaxLayers - 1);
  if (content.length < 1 || content.length > spec.length_bucket)
    return invalid("length", content.length, 1, spec.length_bucket);
  if (content.payload.empty() || content.payload.size() > spec.payload_bytes)
    return invalid("payload size", content.payload.size(), 1, spec.payload_bytes);
  if (content.feature.size() != spec.feature_dimension)
    return invalid("feature dimension", content.feature.size(), spec.feature_dimension, spec.feature_dimension);
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(content.feature.begin(), content.feature.end(), finite))
    return {StatusCode::invalid_argument, "publish: feature has a value that is not finite"};
  if (!std::isfinite(content.cost_us)) return {StatusCode::invalid_argument, "publish: cost is not finite"};
  if (!is_penalty(content.penalty)) return {StatusCode::invalid_argument, "publish: penalty is out of range"};
  return Status::ok();
}

}  // namespace

Result<PublishOutcome> Store::Impl::publish(SpaceId space, const Publication& publication,
                                            std::span<const std::byte> payload) {
  const std::int64_t now = options_.unix_ns();
  Result<PublishOutcome> outcome = try_publish(space, {.layer = publication.layer,
                                                       .key = publication.key,
                                                       .feature = publication.feature,
                                                       .length = publication.length,
                                                       .cost_us = publication.cost_us,
                                                       .penalty = publication.penalty,
                                                       .created_unix_ns = now,
                                                       .payload = payload,
                                                       // As if hit once: what is new gets its chance.
                                                       .usage = pack({.hits = 1, .minute = minute_of(now)})});
  if (!outcome) refused_.fetch_add(1, std::memory_order_relaxed);
  return outcome;
}

Result<PublishOutcome> Store::Impl::import(SpaceId space, const MemoDetail& memo,
                                           std::span<const std::byte> payload) {
  return try_publish(space, {.layer = memo.record.layer,
                             .key = memo.record.key,
                             .feature = memo.feature,
                             .length = memo.record.length,
                             .cost_us = memo.cost_us,
                             .penalty = memo.penalty,
                             .created_unix_ns = memo.record.created_unix_ns,
                             .payload = payload,
                             .pinned = memo.record.pinned,
                             .usage = pack({.hits = memo.record.usage, .minute = minute()})});
}

Result<PublishOutcome> Store::Impl::try_publish(SpaceId id, const SlotContent& content) {
  const Result<SpaceRef> space = this->space(id);
  if (!space) return space.status();
  MEMO_RETURN_IF_ERROR(validate_content(content, (*space)->spec));
  MEMO_RETURN_IF_ERROR(usable());
  LayerCatalog* const known = catalog_.find_layer(**space, content.layer);
  if (known != nullptr && catalog_.contains(*known, content.key)) {
    known->duplicates.fetch_add(1, std::memory_order_relaxed);
    return PublishOutcome::duplicate;
  }
  const Result<SlotId> slot = claim_slot(id, **space);
  if (!slot) return slot.status();
  // A layer is made for what is stored only.
  LayerCatalog& layer = known != nullptr ? *known : catalog_.layer(**space, content.layer);
  pool_->write_slot(*slot, content);  // under no lock: nobody else knows the slot
  return finish_publish(**space, layer, content, {id, *slot});
}

// Into the index first, as erasing goes in the other order: so a label is in the index whenever its slot is live, unless
// its feature is nowhere, and never outlives the memo.
PublishOutcome Store::Impl::finish_publish(SpaceCatalog& space, LayerCatalog& layer, const SlotContent& content,
                                           const ErasedSlot& written) {
  layer.add_to_index(written.slot, content.feature);
  const LiveSlot live{.slot = written.slot,
                      .payload_bytes = content.payload.size(),
                      .usage = unpack_usage(content.usage),
                      .pinned = content.pinned,
                      .verified = true,
                      .penalized = content.penalty != 1};
  if (!catalog_.insert(space, layer, content.key, live)) {
    // Another thread published the same key meanwhile.
    layer.index.remove(written.slot.value);
    release_slot(written);
    layer.duplicates.fetch_add(1, std::memory_order_relaxed);
    return PublishOutcome::duplicate;
  }
  layer.published.fetch_add(1, std::memory_order_relaxed);
  if (note_shortage(written.space, space))
    maintenance_.wake();
  else
    maintenance_.wake_soon();  // for the index
  return PublishOutcome::published;
}

Result<SlotId> Store::Impl::claim_slot(SpaceId id, SpaceCatalog& space) {
  while (true) {
    if (const auto slot = free_.claim(id)) return *slot;
    reclaim();
    if (const auto slot = free_.claim(id)) return *slot;
    if (!space.exhausted) {
      const std::lock_guard growth(growth_mutex_);
      if (free_.count(id) > 0 || grow(id, space)) continue;
    }
    // Whoever publishes does not wait for memos to be evicted: the next one finds the room.
    space.room_wanted = true;
    maintenance_.wake();
    if (tables_damaged_)
      return Status(StatusCode::full,
                    fmt::format("the pool {} is damaged and can give no memo more room", options_.path));
    const bool at_quota = space.quota_bytes != 0;
    return Status(StatusCode::full, at_quota
                                        ? fmt::format("space {} has no room within its quota of {} bytes",
                                                      static_cast<std::uint32_t>(id), space.quota_bytes.load())
                                        : fmt::format("the pool {} is full", options_.path));
  }
}

// Requires: growth_mutex_ is held.
Result<std::uint32_t> Store::Impl::grow(SpaceId id, SpaceCatalog& space) {
  const std::uint64_t quota = space.quota_bytes;
  const std::uint64_t reserved = catalog_.reserved_bytes(id);
  const std::uint64_t room = quota == 0 ? UINT64_MAX : quota - std::min(quota, reserved);
  const Result<std::uint32_t> extent = pool_->add_extent(id, room);
  if (!extent) {
    note_damage(extent.status());
    space.exhausted = true;
    return extent;
  }
  const std::uint32_t slot_count = pool_->extents()[*extent].slot_count;
  catalog_.add_extent(id, *extent, slot_count, pool_->extent_bytes(*extent));
  free_.add_extent(id, *extent, slot_count);
  return extent;
}

// Whether the space wants another extent, and has not said so before.
bool Store::Impl::note_shortage(SpaceId id, SpaceCatalog& space) {
  if (space.exhausted)
    space.room_wanted = true;
  else if (free_.count(id) * 4 < space.newest_extent_slots)
    return !space.growth_wanted.exchange(true);
  return false;
}

Maintenance::Next Store::Impl::maintain(const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kAtOnce{0};
  constexpr std::chrono::milliseconds kForLeasesToEnd{50};
  constexpr std::chrono::minutes kSaveUsage{1};
  if (guard_.has_faulted()) return std::nullopt;
  reclaim();
  bool draining = false;
  {
    const std::lock_guard growth(growth_mutex_);
    if (drain_) continue_drain();
    make_room();
    draining = drain_.has_value();
    if (std::chrono::steady_clock::now() - usage_saved_ > kSaveUsage) save_usage();
  }
  grow_ahead(stop);
  bool more = false;
  for (const auto& layer : catalog_.all_layers()) more |= layer->index.maintain();
  const auto snapshot = until_snapshot();
  if (snapshot && snapshot->count() == 0) save_indexes();
  if (more) return kAtOnce;
  if (draining || leased_.any_deferred()) return kForLeasesToEnd;
  return snapshot;
}

// The next extent of a space is there, and in memory, before a publish has to wait for it.
void Store::Impl::grow_ahead(const std::stop_token& stop) {
  for (std::uint32_t index = 0; const SpaceRef space = catalog_.space(SpaceId{index}); ++index) {
    if (!space->growth_wanted.exchange(false)) continue;
    std::unique_lock growth(growth_mutex_);
    if (free_.count(SpaceId{index}) * 4 >= space->newest_extent_slots) continue;
    const Result<std::uint32_t> extent = grow(SpaceId{index}, *space);
    growth.unlock();
    if (extent && options_.memory.prefault) prefault(*extent, stop);
  }
}

// In steps, so that others can have the lock that keeps the extent in its place.
void Store::Impl::prefault(std::uint32_t extent, const std::stop_token& stop) {
  constexpr std::uint64_t kStep = 16 << 20;
  for (std::uint64_t from = 0; !stop.stop_requested(); from += kStep) {
    const std::lock_guard growth(growth_mutex_);
    if (from >= pool_->extent_bytes(extent)) return;
    pool_->prefault(extent, from, kStep);
  }
}

}  // namespace memo
