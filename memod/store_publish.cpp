#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "memod/clock.h"
#include "memod/store_impl.h"

namespace memo {
namespace {

Status invalid(std::string_view field, std::uint64_t value, std::uint64_t low, std::uint64_t high) {
  return {StatusCode::invalid_argument,
          fmt::format("publish: {} is {}, must be {} to {}", field, value, low, high)};
}

Status validate_publication(const Publication& publication, std::size_t payload_bytes, const SpaceSpec& spec) {
  const auto layer = static_cast<std::uint32_t>(publication.layer);
  if (layer >= kMaxLayers) return invalid("layer", layer, 0, kMaxLayers - 1);
  if (publication.length < 1 || publication.length > spec.length_bucket)
    return invalid("length", publication.length, 1, spec.length_bucket);
  if (payload_bytes < 1 || payload_bytes > spec.payload_bytes)
    return invalid("payload size", payload_bytes, 1, spec.payload_bytes);
  if (publication.feature.size() != spec.feature_dimension)
    return invalid("feature dimension", publication.feature.size(), spec.feature_dimension,
                   spec.feature_dimension);
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(publication.feature.begin(), publication.feature.end(), finite))
    return {StatusCode::invalid_argument, "publish: feature has a value that is not finite"};
  if (!std::isfinite(publication.cost_us)) return {StatusCode::invalid_argument, "publish: cost is not finite"};
  return Status::ok();
}

}  // namespace

Result<PublishOutcome> Store::Impl::publish(SpaceId space, const Publication& publication,
                                            std::span<const std::byte> payload) {
  Result<PublishOutcome> outcome = try_publish(space, publication, payload);
  if (!outcome) count_refused();
  return outcome;
}

Result<PublishOutcome> Store::Impl::try_publish(SpaceId id, const Publication& publication,
                                                std::span<const std::byte> payload) {
  const Result<SpaceCatalog*> space = this->space(id);
  if (!space) return space.status();
  MEMO_RETURN_IF_ERROR(validate_publication(publication, payload.size(), (*space)->spec));
  LayerCatalog& layer = catalog_.layer(**space, publication.layer);
  if (catalog_.contains(layer, publication.key)) {
    layer.duplicates.fetch_add(1, std::memory_order_relaxed);
    return PublishOutcome::duplicate;
  }
  const Result<SlotId> slot = claim_slot(id, **space);
  if (!slot) return slot.status();
  // Under no lock: nobody else knows the slot.
  pool_->write_slot(*slot, {.layer = publication.layer,
                            .key = publication.key,
                            .feature = publication.feature,
                            .length = publication.length,
                            .cost_us = publication.cost_us,
                            .created_unix_ns = now_unix_ns(),
                            .payload = payload});
  return finish_publish(**space, layer, publication, {id, *slot}, payload.size());
}

// Into the index first, as erasing goes in the other order: so a label is in the index whenever its slot is live, and
// never outlives the memo.
PublishOutcome Store::Impl::finish_publish(SpaceCatalog& space, LayerCatalog& layer,
                                           const Publication& publication, const ErasedSlot& written,
                                           std::uint64_t payload_bytes) {
  layer.index.add(written.slot.value, publication.feature);
  if (!catalog_.insert(space, layer, publication.key, written.slot, payload_bytes)) {
    // Another thread published the same key meanwhile.
    layer.index.remove(written.slot.value);
    release_slot(written);
    layer.duplicates.fetch_add(1, std::memory_order_relaxed);
    return PublishOutcome::duplicate;
  }
  layer.published.fetch_add(1, std::memory_order_relaxed);
  note_shortage(written.space, space);
  maintenance_.wake();
  return PublishOutcome::published;
}

Result<SlotId> Store::Impl::claim_slot(SpaceId id, SpaceCatalog& space) {
  while (true) {
    if (const auto slot = free_.claim(id)) return *slot;
    reclaim();
    if (const auto slot = free_.claim(id)) return *slot;
    const std::lock_guard growth(growth_mutex_);
    if (free_.count(id) > 0) continue;  // another thread has added an extent
    const Result<std::uint32_t> extent = grow(id, space);
    if (!extent) return extent.status();
  }
}

// Requires: growth_mutex_ is held.
Result<std::uint32_t> Store::Impl::grow(SpaceId id, SpaceCatalog& space) {
  // No extent ever returns to the pool, so where there was no room there will be none.
  if (space.exhausted) return Status(StatusCode::full, fmt::format("the pool {} is full", options_.path));
  const Result<std::uint32_t> extent = pool_->add_extent(id);
  if (!extent) {
    space.exhausted = extent.status().code() == StatusCode::full;
    return extent;
  }
  const std::uint32_t slot_count = pool_->extents()[*extent].slot_count;
  catalog_.add_extent(id, slot_count, pool_->extent_bytes(*extent));
  free_.add_extent(id, *extent, slot_count);
  return extent;
}

void Store::Impl::note_shortage(SpaceId id, SpaceCatalog& space) {
  if (free_.count(id) * 4 < space.newest_extent_slots && !space.exhausted) space.growth_wanted = true;
}

bool Store::Impl::maintain(const std::stop_token& stop) {
  reclaim();
  grow_ahead(stop);
  bool more = false;
  for (LayerCatalog* layer : catalog_.all_layers()) more |= layer->index.maintain();
  return more;
}

// The next extent of a space is there, and in memory, before a publish has to wait for it.
void Store::Impl::grow_ahead(const std::stop_token& stop) {
  for (std::uint32_t index = 0; SpaceCatalog* space = catalog_.space(SpaceId{index}); ++index) {
    if (!space->growth_wanted.exchange(false)) continue;
    std::unique_lock growth(growth_mutex_);
    if (free_.count(SpaceId{index}) * 4 >= space->newest_extent_slots) continue;
    const Result<std::uint32_t> extent = grow(SpaceId{index}, *space);
    growth.unlock();
    if (extent && options_.prefault) prefault(*extent, stop);
  }
}

void Store::Impl::prefault(std::uint32_t extent, const std::stop_token& stop) const {
  constexpr std::uint64_t kStep = 16 << 20;
  const std::uint64_t end = pool_->extent_bytes(extent);
  for (std::uint64_t from = 0; from < end && !stop.stop_requested(); from += kStep)
    pool_->prefault(extent, from, kStep);
}

}  // namespace memo
