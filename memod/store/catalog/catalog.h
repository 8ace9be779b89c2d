// Catalog: where every live memo is, by key and by similarity. Rebuilt from the pool at every open.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "index/fair_shared_mutex.h"
#include "index/vector_index.h"
#include "memo/types.h"
#include "memod/store/catalog/catalog_lock.h"
#include "memod/store/catalog/key_map.h"
#include "memod/store/catalog/slot_table.h"
#include "memod/store/pool/pool.h"

namespace memo {

// The memos of one layer of one space. It lives as long as its space. A holder of a pointer to it also holds a
// reference to the space.
struct LayerCatalog {
  LayerCatalog(SpaceId in_space, Layer number, KeyMap in_slots, const VectorIndexOptions& options)
      : space(in_space), layer(number), slots(std::move(in_slots)), index(options) {}

  // Makes the memo findable by similarity, unless its feature is nowhere. Requires: the index does not contain the
  // slot.
  void add_to_index(SlotId slot, std::span<const float> feature) {
    if (!is_nowhere(feature)) index.add(slot.value, feature);
  }

  const SpaceId space;
  const Layer layer;

  // Under the catalog's lock:
  KeyMap slots;

  // The index has its own lock; a thread that needs both takes the catalog's first. Labels are SlotId values. A
  // label may appear before its slot is live and disappear after the slot is free, and when a search is answered
  // the slot may already hold another memo. So an answer counts only if the slot's header and feature confirm it,
  // under the catalog's lock.
  VectorIndex index;

  // Whether a memo here has, or had, a penalty. From any thread.
  std::atomic<bool> penalized = false;

  // Since the store was opened, from any thread:
  std::atomic<std::uint64_t> lookups = 0;
  std::atomic<std::uint64_t> exact_hits = 0;
  std::atomic<std::uint64_t> similar_hits = 0;
  std::atomic<std::uint64_t> published = 0;
  std::atomic<std::uint64_t> duplicates = 0;

  // How many memos were added or removed, and how many of these changes the index's snapshot has.
  std::atomic<std::uint64_t> changes = 0;
  std::atomic<std::uint64_t> saved_changes = 0;
};

struct SpaceCatalog {
  SpaceCatalog(SpaceId number, const SpaceSpec& given) : id(number), spec(given) {}

  const SpaceId id;
  const SpaceSpec spec;
  // Counts the users that work with the space or have it open; its record is not reused meanwhile. Incremented
  // under the catalog's lock.
  std::atomic<std::uint32_t> references = 0;
  // Of these, the sessions, and stores in this process, that have it open.
  std::atomic<std::uint32_t> users = 0;
  // Under the catalog's lock:
  std::map<Layer, std::unique_ptr<LayerCatalog>> layers;
  std::uint64_t slots = 0;
  std::uint64_t memos = 0;
  std::uint64_t reserved_bytes = 0;
  std::uint64_t payload_bytes = 0;  // of live memos

  // From any thread:
  std::atomic<std::uint32_t> newest_extent_slots = 0;
  std::atomic<bool> growth_wanted = false;                 // few free slots are left
  std::atomic<bool> room_wanted = false;                   // it cannot grow, and publishes go on
  std::atomic<bool> exhausted = false;                     // the pool or the quota had no room for one more slot
  std::atomic<std::uint64_t> quota_bytes = 0;              // max. bytes of extents; 0: no limit
  std::atomic<std::uint64_t> lookups_of_empty_layers = 0;  // since the store was opened
};

// Keeps a space alive, and its record its own, while somebody works with it.
class SpaceRef {
 public:
  SpaceRef() = default;
  // Requires: the catalog's lock, where the space could be replaced.
  explicit SpaceRef(std::shared_ptr<SpaceCatalog> space) : space_(std::move(space)) { ++space_->references; }
  SpaceRef(SpaceRef&& other) noexcept = default;
  SpaceRef& operator=(SpaceRef&& other) noexcept {
    std::swap(space_, other.space_);
    return *this;
  }
  ~SpaceRef() {
    if (space_) --space_->references;
  }

  explicit operator bool() const { return space_ != nullptr; }
  SpaceCatalog& operator*() const { return *space_; }
  SpaceCatalog* operator->() const { return space_.get(); }

 private:
  std::shared_ptr<SpaceCatalog> space_;
};

// A written slot, and what the slot table will say of it.
struct LiveSlot {
  SlotId slot;
  std::uint64_t payload_bytes = 0;
  Usage usage;
  bool pinned = false;
  bool verified = true;
  bool penalized = false;  // its penalty is not 1
};

enum class Pinned { stays, goes };

// Where a memo was.
struct Removed {
  SpaceId space{};
  LayerCatalog* layer = nullptr;
};

// Threads: any. The methods take the lock, so call them without it. Code that uses `spaces` or `slots` directly
// holds the lock.
struct Catalog {
  // Every index has these `index_options`, except for the dimension. Lifetime: the pool outlives this.
  Catalog(const Pool& in_pool, const VectorIndexOptions& in_index_options);

  const Pool& pool;
  const VectorIndexOptions index_options;
  const std::uint64_t key_seed;
  // Under the lock:
  std::vector<std::shared_ptr<SpaceCatalog>> spaces;  // by SpaceId; only grows, and unused ones are replaced
  SlotTable slots;

  // Shared, for reading spaces and slots.
  [[nodiscard]] CatalogReadLock lock_shared() const { return CatalogReadLock(mutex_); }
  // Exclusive, for changing them.
  [[nodiscard]] CatalogWriteLock lock_exclusive() { return CatalogWriteLock(mutex_); }

  // Empty when there is none.
  SpaceRef space(SpaceId id) const;
  std::optional<SpaceId> find_space(const SpaceSpec& spec) const;
  void add_space(const SpaceSpec& spec, std::uint64_t quota_bytes);
  // Takes a space without extents and without references out of the table, so that nobody can refer to it any
  // more; put_space() puts another in its place. Requires: one thread at a time, from here to put_space().
  std::optional<SpaceId> take_unused_space();
  void put_space(SpaceId id, const SpaceSpec& spec);
  void add_extent(SpaceId space, std::uint32_t extent, std::uint32_t slot_count, std::uint64_t bytes);
  // Requires: none of its slots is live.
  void remove_extent(std::uint32_t extent, std::uint64_t bytes);

  std::uint64_t reserved_bytes(SpaceId space) const;

  // Finds the layer, or creates it.
  LayerCatalog& layer(SpaceCatalog& space, Layer layer);
  LayerCatalog* find_layer(const SpaceCatalog& space, Layer layer) const;
  std::vector<std::shared_ptr<LayerCatalog>> all_layers() const;

  bool contains(const LayerCatalog& layer, const Key& key) const;
  // Makes a written slot findable. Returns false and changes nothing when the key is already there.
  bool insert(SpaceCatalog& space, LayerCatalog& layer, const Key& key, const LiveSlot& live);
  // Makes the memo unfindable; nothing when there is none.
  std::optional<SlotId> remove(SpaceCatalog& space, LayerCatalog& layer, const Key& key);
  // The same for the memo that the slot holds; nothing when it holds none, or holds a pinned one that must stay.
  std::optional<Removed> remove(SlotId slot, Pinned pinned);
  // Makes the key lead to `live` instead of `from`. Returns false and changes nothing when it no longer leads to
  // `from`.
  bool replace(LayerCatalog& layer, const Key& key, SlotId from, const LiveSlot& live);

  // The memory of keys and slots, without the indexes.
  std::size_t memory_bytes() const;

 private:
  // header: the slot's header, if it is sound.
  LayerCatalog* forget_key(SpaceCatalog& space, SlotId slot, const std::optional<layout::SlotHeader>& header);
  void forget(SpaceCatalog& space, SlotId slot, const std::optional<layout::SlotHeader>& header);

  // With a std::shared_mutex, uninterrupted readers would keep publishers out.
  mutable FairSharedMutex mutex_;
};

}  // namespace memo
