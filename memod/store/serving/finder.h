// Finder: answers lookups, by key and by similarity.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "index/features/nearest_list.h"
#include "index/search_arena.h"
#include "memo/memo_store.h"
#include "memod/store/leases/lease_table.h"
#include "memod/store/state/answers.h"
#include "memod/store/state/reclaimer.h"
#include "memod/store/state/state.h"

namespace memo {

// It looks for keys first, and touches no index for a key that is found. Then it searches the indexes, without the
// catalog's lock, so that publishing and erasing never wait for a search. Then it checks what it found once more,
// under the lock.
//
// Threads: any. Lifetime: state and reclaimer outlive this.
class Finder {
 public:
  Finder(StoreState& state, Reclaimer& reclaimer);

  // As Store::find().
  Status find(const LookupRequest& request, LeaseTable& table, std::span<const std::uint32_t> leases,
              std::span<std::optional<Found>> found);

 private:
  // Where matches go, in the same order: the leases that they take, and the answers.
  struct Places {
    LeaseTable& table;
    std::span<const std::uint32_t> leases;
    std::span<std::optional<Found>> found;
    Places of_item(std::size_t item, std::size_t neighbours) const {
      return {table, leases.subspan(item * neighbours, neighbours), found.subspan(item * neighbours, neighbours)};
    }
  };
  // The neighbours of one item, as the index has them.
  struct Search {
    std::size_t item = 0;
    std::span<Neighbor> nearest = {};
  };

  // -> the items whose keys were not found.
  std::vector<Search> find_keys(LayerCatalog& layer, const LookupRequest& request, const Places& all,
                                std::uint32_t now);
  void find_features(LayerCatalog& layer, const LookupRequest& request, std::span<Search> searches,
                     const Places& all, std::uint32_t now);
  // Both fill `found` from the front; -> how many were found.
  std::size_t find_exact(const CatalogLock& lock, LayerCatalog& layer, const LookupItem& item,
                         std::span<std::optional<Found>> found) const;
  std::size_t find_similar(const CatalogLock& lock, LayerCatalog& layer, const LookupRequest& request,
                           const Search& search, std::span<std::optional<Found>> found) const;
  void order_by_penalty(const CatalogLock& lock, std::span<Neighbor> near) const;
  // Calls `look` with the catalog's lock, leases what it finds, and checks payloads that were not checked yet.
  template <typename Look>
  void take(const Look& look, const Places& places, std::uint32_t now);
  Found describe(const CatalogLock& lock, SlotId slot) const;
  // False when the memo is damaged; then it is erased.
  bool verify(const Found& found);

  StoreState& state_;
  Reclaimer& reclaimer_;
  SearchArena arena_;
};

}  // namespace memo
