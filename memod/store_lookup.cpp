#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <shared_mutex>

#include "index/l2.h"
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

// The neighbours of one item, as the index has them.
struct Store::Impl::Search {
  std::size_t item = 0;
  std::array<Neighbor, kCandidates> nearest;
  std::size_t count = 0;
};

// Keys first, and no index is touched for a key that is found. Then the indexes, without the catalog's lock: nobody who
// publishes or erases waits for a search. Then what was found is looked at again, under the lock.
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
  std::vector<Search> searches;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const LookupItem& item = request.items[i];
    found[i] = take([&] { return find_exact(layer, item); }, table, leases[i], now);
    if (!found[i] && !item.feature.empty()) searches.push_back({.item = i, .nearest = {}});
  }
  if (searches.empty()) return Status::ok();
  searches_.for_each(searches.size(), [&](std::size_t i) {
    searches[i].count = layer.index.search(request.items[searches[i].item].feature, searches[i].nearest);
  });
  for (const Search& search : searches) {
    const LookupItem& item = request.items[search.item];
    const auto look = [&] { return find_similar(layer, item, search, request.max_distance); };
    found[search.item] = take(look, table, leases[search.item], now);
  }
  return Status::ok();
}

// Leases what `look` finds, and checks its payload if nobody has yet.
template <typename Look>
std::optional<Found> Store::Impl::take(const Look& look, LeaseTable& table, std::uint32_t lease,
                                       std::uint32_t now) {
  std::optional<Found> found;
  bool verified = true;
  {
    // Shared from look to lease: a memo is erased under the exclusive lock, and its slot reused only after that.
    const std::shared_lock lock(catalog_.mutex);
    found = look();
    if (!found) return found;
    table.grant(lease, found->slot, found->generation);
    catalog_.slots.count_hit({found->slot}, decay_, now);
    verified = catalog_.slots.is_verified({found->slot});
  }
  if (verified || verify(*found)) return found;
  table.release(lease);
  return std::nullopt;
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
  const auto slot = layer.slots.find(item.key);
  if (!slot || pool_->header(*slot).length < item.min_length) return std::nullopt;
  layer.exact_hits.fetch_add(1, std::memory_order_relaxed);
  Found found = describe(*slot);
  found.exact = true;
  return found;
}

// Since the search a slot may have come to hold another memo, of any space and layer; and where the index keeps
// features in fewer bits, its order is nearly right. So distances are computed anew from the features in the pool: all
// of them where the order may be wrong, else until one is good enough.
std::optional<Found> Store::Impl::find_similar(LayerCatalog& layer, const LookupItem& item, const Search& search,
                                               float max_distance) {
  const bool in_order = options_.index_features == FeatureFormat::f32;
  std::optional<SlotId> best;
  float least = max_distance;
  for (const Neighbor& neighbor : std::span(search.nearest).first(search.count)) {
    if (in_order && (best || !(neighbor.distance <= max_distance))) break;
    const SlotId slot{neighbor.label};
    if (!is_memo_of(layer, slot) || pool_->header(slot).length < item.min_length) continue;
    const float distance = l2_distance(item.feature, pool_->feature(slot));
    if (!(distance <= least)) continue;
    least = distance;
    best = slot;
  }
  if (!best) return std::nullopt;
  layer.similar_hits.fetch_add(1, std::memory_order_relaxed);
  Found found = describe(*best);
  found.distance = least;
  return found;
}

bool Store::Impl::is_memo_of(const LayerCatalog& layer, SlotId slot) const {
  return catalog_.slots.is_live(slot) && catalog_.slots.space(slot.extent()) == layer.space &&
         Layer{pool_->header(slot).layer} == layer.layer;
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
