// Catalog: where every live memo is, by key and by similarity. Rebuilt from the pool at every open.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>  // shared_lock
#include <utility>
#include <vector>

#include "index/fair_shared_mutex.h"
#include "index/vector_index.h"
#include "memo/types.h"
#include "memod/catalog/key_map.h"
#include "memod/catalog/slot_table.h"
#include "memod/pool/pool.h"

namespace memo {

// The memos of one layer of one space. It lives as long as the space, which whoever has a pointer to one refers to.
struct LayerCatalog {
  LayerCatalog(SpaceId in_space, Layer number, KeyMap in_slots, const VectorIndexOptions& options)
      : space(in_space), layer(number), slots(std::move(in_slots)), index(options) {}

  // To be found by similarity, unless the feature is nowhere. Requires: the index does not contain the slot.
  void add_to_index(SlotId slot, std::span<const float> feature) {
    if (!is_nowhere(feature)) index.add(slot.value, feature);
  }

  const SpaceId space;
  const Layer layer;

  // Under the catalog's lock:
  KeyMap slots;

  // With a lock of its own, taken after the catalog's if together. Labels are SlotId values. A label may come before its
  // slot is live and go after, and by the time a search is answered the slot may hold another memo: an answer counts
  // only as far as the slot's header and feature bear it out, under the catalog's lock.
  VectorIndex index;

  // Whether a memo here has, or had, a penalty. From any thread.
  std::atomic<bool> penalized = false;

  // Since the store was opened, from any thread:
  std::atomic<std::uint64_t> lookups = 0;
  std::atomic<std::uint64_t> exact_hits = 0;
  std::atomic<std::uint64_t> similar_hits = 0;
  std::atomic<std::uint64_t> published = 0;
  std::atomic<std::uint64_t> duplicates = 0;

  // Memos that came or went, and how many of these changes the index's snapshot knows.
  std::atomic<std::uint64_t> changes = 0;
  std::atomic<std::uint64_t> saved_changes = 0;
};

struct SpaceCatalog {
  SpaceCatalog(SpaceId number, const SpaceSpec& given) : id(number), spec(given) {}

  const SpaceId id;
  const SpaceSpec spec;
  // Whoever works with the space, or has it open; its record is not reused meanwhile. Counted up under the catalog's lock.
  std::atomic<std::uint32_t> references = 0;
  // Of these: sessions, and stores in this process, that have it open.
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
  std::atomic<bool> exhausted = false;                     // the pool, or the quota, had no room for one more slot
  std::atomic<std::uint64_t> quota_bytes = 0;              // most bytes of extents; 0: no limit
  std::atomic<std::uint64_t> lookups_of_empty_layers = 0;  // since the store was opened
};

// Keeps a space what it is, and alive, while it is worked with.
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

// A written slot, with what the table of slots shall say of it.
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

// Threads: any. The methods lock; whoever uses spaces or slots directly holds `mutex`, shared for reading.
struct Catalog {
  // `index_options` but for the dimension are those of every index. Lifetime: the pool outlives this.
  Catalog(const Pool& in_pool, const VectorIndexOptions& in_index_options);

  const Pool& pool;
  const VectorIndexOptions index_options;
  const std::uint64_t key_seed;
  // Readers without pause would keep publishers out of a std::shared_mutex.
  mutable FairSharedMutex mutex;
  std::vector<std::shared_ptr<SpaceCatalog>> spaces;  // by SpaceId; only grows, and unused ones are replaced
  SlotTable slots;

  // Empty when there is none.
  SpaceRef space(SpaceId id) const;
  std::optional<SpaceId> find_space(const SpaceSpec& spec) const;
  void add_space(const SpaceSpec& spec, std::uint64_t quota_bytes);
  // A space without extents to which nobody refers, and to which nobody can any more: it is out of the table, and
  // put_space() puts another in its place. Requires: one thread at a time, from here to put_space().
  std::optional<SpaceId> take_unused_space();
  void put_space(SpaceId id, const SpaceSpec& spec);
  void add_extent(SpaceId space, std::uint32_t extent, std::uint32_t slot_count, std::uint64_t bytes);
  // Requires: none of its slots is live.
  void remove_extent(std::uint32_t extent, std::uint64_t bytes);

  std::uint64_t reserved_bytes(SpaceId space) const;

  // Finds or creates.
  LayerCatalog& layer(SpaceCatalog& space, Layer layer);
  LayerCatalog* find_layer(const SpaceCatalog& space, Layer layer) const;
  std::vector<std::shared_ptr<LayerCatalog>> all_layers() const;

  bool contains(const LayerCatalog& layer, const Key& key) const;
  // Makes a written slot findable. False, and nothing changed, when the key is there already.
  bool insert(SpaceCatalog& space, LayerCatalog& layer, const Key& key, const LiveSlot& live);
  // Makes the memo unfindable; nothing when there is none.
  std::optional<SlotId> remove(SpaceCatalog& space, LayerCatalog& layer, const Key& key);
  // The same for whatever memo the slot holds; nothing when it holds none, or a pinned one that shall stay.
  std::optional<Removed> remove(SlotId slot, Pinned pinned);
  // Lets the key lead to `live` instead of `from`. False, and nothing changed, when it does not lead there any more.
  bool replace(LayerCatalog& layer, const Key& key, SlotId from, const LiveSlot& live);

  // Of keys and slots; not of the indexes.
  std::size_t memory_bytes() const;

 private:
  // header: the slot's, where it is sound.
  LayerCatalog* forget_key(SpaceCatalog& space, SlotId slot, const std::optional<layout::SlotHeader>& header);
  void forget(SpaceCatalog& space, SlotId slot, const std::optional<layout::SlotHeader>& header);
};

}  // namespace memo
