#include "memod/store/serving/finder.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cassert>

#include "client/request_rules.h"
#include "index/distance/l2.h"

namespace memo {
namespace {

// A search for n neighbours examines 2n + 6 candidates, as some are too short: 8 for one.
constexpr std::size_t candidates(std::size_t neighbours) {
  return 2 * neighbours + 6;
}
// Where there are penalties, farther ones may be better.
constexpr std::size_t kPenalizedCandidates = 64;

// The neighbours within the distance. Requires: nearest first.
std::span<Neighbor> within(std::span<Neighbor> nearest, float max_distance) {
  const auto end = std::ranges::partition_point(
      nearest, [&](const Neighbor& neighbor) { return neighbor.distance <= max_distance; });
  return nearest.first(static_cast<std::size_t>(end - nearest.begin()));
}

}  // namespace

Finder::Finder(StoreState& state, Reclaimer& reclaimer)
    : state_(state),
      reclaimer_(reclaimer),
      arena_(state.options.search_threads == 0 ? SearchArena::default_threads() : state.options.search_threads) {}

Status Finder::find(const LookupRequest& request, LeaseTable& table, std::span<const std::uint32_t> leases,
                    std::span<std::optional<Found>> found) {
  assert(leases.size() == count_matches({&request, 1}) && found.size() == leases.size());
  std::fill(found.begin(), found.end(), std::nullopt);
  MEMO_ASSIGN_OR_RETURN(const SpaceRef space, state_.space(request.space));
  MEMO_RETURN_IF_ERROR(check_lookup(request, space->spec));
  MEMO_RETURN_IF_ERROR(state_.usable());
  LayerCatalog* const layer = state_.catalog.find_layer(*space, request.layer);
  if (layer == nullptr) {
    // A lookup does not make a layer: random requests would fill the memory with empty layers.
    space->lookups_of_empty_layers.fetch_add(request.items.size(), std::memory_order_relaxed);
    return Status::ok();
  }
  layer->lookups.fetch_add(request.items.size(), std::memory_order_relaxed);
  const Places all{table, leases, found};
  const std::uint32_t now = state_.minute();
  std::vector<Search> searches = find_keys(*layer, request, all, now);
  if (!searches.empty()) find_features(*layer, request, searches, all, now);
  return Status::ok();
}

std::vector<Finder::Search> Finder::find_keys(LayerCatalog& layer, const LookupRequest& request, const Places& all,
                                              std::uint32_t now) {
  std::vector<Search> left;
  for (std::size_t i = 0; i < request.items.size(); ++i) {
    const LookupItem& item = request.items[i];
    const Places places = all.of_item(i, request.neighbours);
    take([&](const CatalogLock& lock) { return find_exact(lock, layer, item, places.found); }, places, now);
    if (!places.found[0] && !item.feature.empty()) left.push_back({.item = i});
  }
  return left;
}

void Finder::find_features(LayerCatalog& layer, const LookupRequest& request, std::span<Search> searches,
                           const Places& all, std::uint32_t now) {
  const std::size_t neighbours = request.neighbours;
  const std::size_t wanted = layer.penalized ? kPenalizedCandidates : candidates(neighbours);
  std::vector<Neighbor> nearest(searches.size() * wanted);
  arena_.for_each(searches.size(), [&](std::size_t i) {
    Search& search = searches[i];
    search.nearest = std::span(nearest).subspan(i * wanted, wanted);
    search.nearest = search.nearest.first(
        layer.index.search(request.items[search.item].feature, search.nearest, candidates(neighbours)));
  });
  for (const Search& search : searches) {
    const Places places = all.of_item(search.item, neighbours);
    take([&](const CatalogLock& lock) { return find_similar(lock, layer, request, search, places.found); }, places,
         now);
  }
}

// Headers are checked each time.
template <typename Look>
void Finder::take(const Look& look, const Places& places, std::uint32_t now) {
  std::size_t count = 0;
  std::bitset<kMaxNeighbours> unverified;
  {
    // The lock is held, shared, from look to lease: a memo is erased under the exclusive lock, and its slot reused
    // only after that.
    const CatalogReadLock lock = state_.catalog.lock_shared();
    count = look(lock);
    for (std::size_t i = 0; i < count; ++i) {
      const Found& found = *places.found[i];
      places.table.grant(places.leases[i], found.slot, found.generation);
      state_.catalog.slots.count_hit({found.slot}, state_.decay, now);
      unverified[i] = found.payload_bytes == 0 || !state_.catalog.slots.is_verified({found.slot});
    }
  }
  for (std::size_t i = 0; i < count && unverified.any(); ++i) {
    if (!unverified[i] || verify(*places.found[i])) continue;
    places.table.release(places.leases[i]);
    places.found[i].reset();
  }
}

// Reads the whole payload, outside of the lock: a lease holds the slot.
bool Finder::verify(const Found& found) {
  const SlotId slot{found.slot};
  if (found.payload_bytes == 0 || !state_.pool->check_memo(slot)) {
    reclaimer_.discard_damaged(slot);
    return false;
  }
  const CatalogReadLock lock = state_.catalog.lock_shared();
  if (state_.catalog.slots.is_live(slot)) state_.catalog.slots.set_verified(slot);
  return true;
}

std::size_t Finder::find_exact(const CatalogLock& lock, LayerCatalog& layer, const LookupItem& item,
                               std::span<std::optional<Found>> found) const {
  const auto slot = layer.slots.find(item.key);
  if (!slot || state_.pool->header(*slot).length < item.min_length) return 0;
  layer.exact_hits.fetch_add(1, std::memory_order_relaxed);
  found[0] = describe(lock, *slot);
  found[0]->exact = true;
  return 1;
}

// Since the search, a slot may have got another memo, of any space and layer; and where the index keeps features
// in fewer bits, its order is only nearly right. So distances are computed again from the features in the pool:
// all of them where the order may be wrong, else until enough are near enough. Penalties only order the matches.
std::size_t Finder::find_similar(const CatalogLock& lock, LayerCatalog& layer, const LookupRequest& request,
                                 const Search& search, std::span<std::optional<Found>> found) const {
  const bool in_order = state_.options.index_features == FeatureFormat::f32;
  const LookupItem& item = request.items[search.item];
  const bool penalized = layer.penalized;
  const std::span<Neighbor> near = in_order ? within(search.nearest, request.max_distance) : search.nearest;
  if (in_order && penalized) order_by_penalty(lock, near);
  std::array<Neighbor, kMaxNeighbours> best;
  NearestList nearest{std::span(best).first(found.size())};
  for (const Neighbor& neighbor : near) {
    if (in_order && nearest.full()) break;
    const SlotId slot{neighbor.label};
    if (!state_.is_memo_of(lock, layer, slot) || state_.pool->header(slot).length < item.min_length) continue;
    const float distance = l2_distance(item.feature, state_.pool->feature(slot));
    if (distance <= request.max_distance)
      nearest.offer(slot.value, penalized ? distance * state_.pool->penalty(slot) : distance);
  }
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    const SlotId slot{best[i].label};
    found[i] = describe(lock, slot);
    found[i]->distance = penalized ? l2_distance(item.feature, state_.pool->feature(slot)) : best[i].distance;
  }
  if (nearest.size() > 0) layer.similar_hits.fetch_add(1, std::memory_order_relaxed);
  return nearest.size();
}

// Orders by distance times penalty. The headers are scattered over the memory, so all are prefetched before the
// first is read.
void Finder::order_by_penalty(const CatalogLock&, std::span<Neighbor> near) const {
  for (const Neighbor& neighbor : near)
    if (state_.catalog.slots.is_live(SlotId{neighbor.label}))
      __builtin_prefetch(&state_.pool->header(SlotId{neighbor.label}).penalty);
  for (Neighbor& neighbor : near)
    if (state_.catalog.slots.is_live(SlotId{neighbor.label}))
      neighbor.distance *= state_.pool->penalty(SlotId{neighbor.label});
  std::ranges::sort(near, {}, &Neighbor::distance);
}

// What the header says; no payload bytes where it is damaged.
Found Finder::describe(const CatalogLock&, SlotId slot) const {
  Found found;
  found.slot = slot.value;
  found.state_word_offset = state_.pool->state_word_offset(slot);
  found.payload_offset = state_.pool->payload_offset(slot);
  const auto header = state_.pool->sound_header(slot);
  if (!header) return found;
  found.payload_bytes = header->payload_bytes;
  found.generation = Generation{header->state_word};
  found.length = header->length;
  found.key = {header->key_high, header->key_low};
  return found;
}

}  // namespace memo
