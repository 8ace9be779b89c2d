#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <shared_mutex>

#include "memod/store_impl.h"

namespace memo {
namespace {

// Neighbours looked at for one that is long enough.
constexpr std::size_t kCandidates = 8;

Status validate_item(const LookupItem& item, const SpaceSpec& spec) {
  if (!item.feature.empty() && item.feature.size() != spec.feature_dimension)
    return {StatusCode::invalid_argument, fmt::format("lookup: feature has {} floats, the space has {}",
                                                      item.feature.size(), spec.feature_dimension)};
  if (!std::all_of(item.feature.begin(), item.feature.end(), [](float value) { return std::isfinite(value); }))
    return {StatusCode::invalid_argument, "lookup: feature has a value that is not finite"};
  return Status::ok();
}

Status validate_request(const LookupRequest& request, const SpaceSpec& spec) {
  if (static_cast<std::uint32_t>(request.layer) >= kMaxLayers)
    return {StatusCode::invalid_argument, fmt::format("lookup: layer is {}, must be below {}",
                                                      static_cast<std::uint32_t>(request.layer), kMaxLayers)};
  if (!(request.max_distance >= 0))
    return {StatusCode::invalid_argument,
            fmt::format("lookup: max distance is {}, must be 0 or more", request.max_distance)};
  for (const LookupItem& item : request.items) MEMO_RETURN_IF_ERROR(validate_item(item, spec));
  return Status::ok();
}

}  // namespace

Status Store::Impl::find(const LookupRequest& request, LeaseTable& table, std::span<const std::uint32_t> leases,
                         std::span<std::optional<Found>> found) {
  assert(leases.size() == request.items.size() && found.size() == request.items.size());
  std::fill(found.begin(), found.end(), std::nullopt);
  const Result<SpaceCatalog*> space = this->space(request.space);
  if (!space) return space.status();
  MEMO_RETURN_IF_ERROR(validate_request(request, (*space)->spec));
  LayerCatalog& layer = catalog_.layer(**space, request.layer);
  layer.lookups.fetch_add(request.items.size(), std::memory_order_relaxed);

  const std::uint32_t now = minute();
  for (std::size_t i = 0; i < found.size(); ++i) {
    const LookupItem& item = request.items[i];
    bool verified = true;
    {
      // Shared from search to lease: a memo is erased under the exclusive lock, and its slot reused only after that.
      const std::shared_lock lock(catalog_.mutex);
      found[i] = find_exact(layer, item);
      if (!found[i] && !item.feature.empty()) found[i] = find_similar(layer, item, request.max_distance);
      if (!found[i]) continue;
      table.grant(leases[i], found[i]->slot, found[i]->generation);
      catalog_.slots.count_hit({found[i]->slot}, decay_, now);
      verified = catalog_.slots.is_verified({found[i]->slot});
    }
    if (verified || verify(*found[i])) continue;
    table.release(leases[i]);
    found[i].reset();
  }
  return Status::ok();
}

// Reads the whole payload, outside of the lock: a lease holds the slot. False when it is damaged; then it is erased.
bool Store::Impl::verify(const Found& found) {
  const SlotId slot{found.slot};
  const std::span payload(pool_->base() + found.payload_offset, found.payload_bytes);
  if (Pool::checksum(payload) != pool_->header(slot).payload_checksum) {
    damaged_.fetch_add(discard(slot, Pinned::goes), std::memory_order_relaxed);
    return false;
  }
  const std::shared_lock lock(catalog_.mutex);
  if (catalog_.slots.is_live(slot)) catalog_.slots.set_verified(slot);
  return true;
}

std::optional<Found> Store::Impl::find_exact(LayerCatalog& layer, const LookupItem& item) {
  const auto entry = layer.slots.find(item.key);
  if (entry == layer.slots.end() || pool_->header(entry->second).length < item.min_length) return std::nullopt;
  layer.exact_hits.fetch_add(1, std::memory_order_relaxed);
  Found found = describe(entry->second);
  found.exact = true;
  return found;
}

std::optional<Found> Store::Impl::find_similar(LayerCatalog& layer, const LookupItem& item, float max_distance) {
  std::array<Neighbor, kCandidates> nearest;
  const std::size_t count = layer.index.search(item.feature, nearest);
  for (const Neighbor& neighbor : std::span(nearest).first(count)) {
    if (!(neighbor.distance <= max_distance)) break;
    const SlotId slot{neighbor.label};
    if (!catalog_.slots.is_live(slot) || pool_->header(slot).length < item.min_length) continue;
    layer.similar_hits.fetch_add(1, std::memory_order_relaxed);
    Found found = describe(slot);
    found.distance = neighbor.distance;
    return found;
  }
  return std::nullopt;
}

Found Store::Impl::describe(SlotId slot) const {
  const layout::SlotHeader& header = pool_->header(slot);
  return {.slot = slot.value,
          .state_word_offset = pool_->state_word_offset(slot),
          .payload_offset = pool_->payload_offset(slot),
          .payload_bytes = header.payload_bytes,
          .generation = Generation{pool_->state_word(slot).load(std::memory_order_relaxed)},
          .length = header.length,
          .key = {header.key_high, header.key_low}};
}

}  // namespace memo
