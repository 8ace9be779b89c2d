#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cassert>
#include <cmath>
#include <shared_mutex>

#include "index/l2.h"
#include "index/nearest_list.h"
#include "memod/store_impl.h"

namespace memo {
namespace {

// Looked at for so many neighbours that are long enough: 8 for one.
constexpr std::size_t candidates(std::size_t neighbours) {
  return 2 * neighbours + 6;
}
// Where there are penalties, farther ones may be better.
constexpr std::size_t kPenalizedCandidates = 64;

// Those that are within the distance. Requires: nearest first.
std::span<Neighbor> within(std::span<Neighbor> nearest, float max_distance) {
  const auto end = std::ranges::partition_point(
      nearest, [&](const Neighbor& neighbor) { return neighbor.distance <= max_distance; });
  return nearest.first(static_cast<std::size_t>(end - nearest.begin()));
}

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
  MEMO_RETURN_IF_ERROR(check_neighbours(request));
  for (const LookupItem& item : request.items) MEMO_RETURN_IF_ERROR(validate_item(item, spec));
  return Status::ok();
}

}  // namespace

// The neighbours of one item, as the index has them.
struct Store::Impl::Search {
  std::size_t item = 0;
  std::span<Neighbor> nearest = {};
};

// Keys first, and no index is touched for a key that is found. Then the indexes, without the catalog's lock: nobody who
// publishes or erases waits for a search. Then what was found is looked at again, under the lock.
Status Store::Impl::find(const LookupRequest& request, LeaseTable& table, std::span<const std::uint32_t> leases,
                         std::span<std::optional<Found>> found) {
  assert(leases.size() == count_matches({&request, 1}) && found.size() == leases.size());
  std::fill(found.begin(), found.end(), std::nullopt);
  const Result<SpaceRef> space = this->space(request.space);
  if (!space) return space.status();
  MEMO_RETURN_IF_ERROR(validate_request(request, (*space)->spec));
  MEMO_RETURN_IF_ERROR(usable());
  LayerCatalog* const known = catalog_.find_layer(**space, request.layer);
  if (known == nullptr) {
    // Not made for a lookup: whoever asks at random would fill the memory with empty layers.
    (*space)->lookups_of_empty_layers.fetch_add(request.items.size(), std::memory_order_relaxed);
    return Status::ok();
  }
  LayerCatalog& layer = *known;
  layer.lookups.fetch_add(request.items.size(), std::memory_order_relaxed);

  const Places all{table, leases, found};
  const std::size_t neighbours = request.neighbours;
  const std::uint32_t now = minute();
  std::vector<Search> searches;
  for (std::size_t i = 0; i < request.items.size(); ++i) {
    const LookupItem& item = request.items[i];
    const Places places = all.part(i * neighbours, neighbours);
    take([&] { return find_exact(layer, item, places.found); }, places, now);
    if (!places.found[0] && !item.feature.empty()) searches.push_back({.item = i});
  }
  if (searches.empty()) return Status::ok();
  const std::size_t wanted = layer.penalized ? kPenalizedCandidates : candidates(neighbours);
  std::vector<Neighbor> nearest(searches.size() * wanted);
  searches_.for_each(searches.size(), [&](std::size_t i) {
    Search& search = searches[i];
    search.nearest = std::span(nearest).subspan(i * wanted, wanted);
    search.nearest = search.nearest.first(
        layer.index.search(request.items[search.item].feature, search.nearest, candidates(neighbours)));
  });
  for (const Search& search : searches) {
    const Places places = all.part(search.item * neighbours, neighbours);
    take([&] { return find_similar(layer, request, search, places.found); }, places, now);
  }
  return Status::ok();
}

// Leases what `look` finds, and checks the payloads that nobody has checked yet. Headers are checked each time.
template <typename Look>
void Store::Impl::take(const Look& look, const Places& places, std::uint32_t now) {
  std::size_t count = 0;
  std::bitset<kMaxNeighbours> unverified;
  {
    // Shared from look to lease: a memo is erased under the exclusive lock, and its slot reused only after that.
    const std::shared_lock lock(catalog_.mutex);
    count = look();
    for (std::size_t i = 0; i < count; ++i) {
      const Found& found = *places.found[i];
      places.table.grant(places.leases[i], found.slot, found.generation);
      catalog_.slots.count_hit({found.slot}, decay_, now);
      unverified[i] = found.payload_bytes == 0 || !catalog_.slots.is_verified({found.slot});
    }
  }
  for (std::size_t i = 0; i < count && unverified.any(); ++i) {
    if (!unverified[i] || verify(*places.found[i])) continue;
    places.table.release(places.leases[i]);
    places.found[i].reset();
  }
}

// Reads the whole payload, outside of the lock: a lease holds the slot. False when it is damaged; then it is erased.
bool Store::Impl::verify(const Found& found) {
  const SlotId slot{found.slot};
  if (found.payload_bytes == 0 || !pool_->check_memo(slot)) {
    damaged_.fetch_add(discard(slot, Pinned::goes), std::memory_order_relaxed);
    return false;
  }
  const std::shared_lock lock(catalog_.mutex);
  if (catalog_.slots.is_live(slot)) catalog_.slots.set_verified(slot);
  return true;
}

std::size_t Store::Impl::find_exact(LayerCatalog& layer, const LookupItem& item,
                                    std::span<std::optional<Found>> found) {
  const auto slot = layer.slots.find(item.key);
  if (!slot || pool_->header(*slot).length < item.min_length) return 0;
  layer.exact_hits.fetch_add(1, std::memory_order_relaxed);
  found[0] = describe(*slot);
  found[0]->exact = true;
  return 1;
}

// Since the search a slot may have come to hold another memo, of any space and layer; and where the index keeps
// features in fewer bits, its order is nearly right. So distances are computed anew from the features in the pool: all
// of them where the order may be wrong, else until enough are good enough. Penalties only order them.
std::size_t Store::Impl::find_similar(LayerCatalog& layer, const LookupRequest& request, const Search& search,
                                      std::span<std::optional<Found>> found) {
  const bool in_order = options_.index_features == FeatureFormat::f32;
  const LookupItem& item = request.items[search.item];
  const bool penalized = layer.penalized;
  const std::span<Neighbor> near = in_order ? within(search.nearest, request.max_distance) : search.nearest;
  if (in_order && penalized) order_by_penalty(near);
  std::array<Neighbor, kMaxNeighbours> best;
  NearestList nearest{std::span(best).first(found.size())};
  for (const Neighbor& neighbor : near) {
    if (in_order && nearest.full()) break;
    const SlotId slot{neighbor.label};
    if (!is_memo_of(layer, slot) || pool_->header(slot).length < item.min_length) continue;
    const float distance = l2_distance(item.feature, pool_->feature(slot));
    if (distance <= request.max_distance)
      nearest.offer(slot.value, penalized ? distance * pool_->penalty(slot) : distance);
  }
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    const SlotId slot{best[i].label};
    found[i] = describe(slot);
    found[i]->distance = penalized ? l2_distance(item.feature, pool_->feature(slot)) : best[i].distance;
  }
  if (nearest.size() > 0) layer.similar_hits.fetch_add(1, std::memory_order_relaxed);
  return nearest.size();
}

// By distance times penalty. Headers lie here and there in memory: all are asked for before the first is waited for.
void Store::Impl::order_by_penalty(std::span<Neighbor> near) const {
  for (const Neighbor& neighbor : near)
    if (catalog_.slots.is_live(SlotId{neighbor.label}))
      __builtin_prefetch(&pool_->header(SlotId{neighbor.label}).penalty);
  for (Neighbor& neighbor : near)
    if (catalog_.slots.is_live(SlotId{neighbor.label}))
      neighbor.distance *= pool_->penalty(SlotId{neighbor.label});
  std::ranges::sort(near, {}, &Neighbor::distance);
}

bool Store::Impl::is_memo_of(const LayerCatalog& layer, SlotId slot) const {
  return catalog_.slots.is_live(slot) && catalog_.slots.space(slot.extent()) == layer.space &&
         Layer{pool_->header(slot).layer} == layer.layer;
}

// What its header says; no bytes of payload where that is damaged.
Found Store::Impl::describe(SlotId slot) const {
  Found found;
  found.slot = slot.value;
  found.state_word_offset = pool_->state_word_offset(slot);
  found.payload_offset = pool_->payload_offset(slot);
  const auto header = pool_->sound_header(slot);
  if (!header) return found;
  found.payload_bytes = header->payload_bytes;
  found.generation = Generation{header->state_word};
  found.length = header->length;
  found.key = {header->key_high, header->key_low};
  return found;
}

}  // namespace memo
