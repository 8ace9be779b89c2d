// The inside of Store. Its methods are spread over store.cpp (opening, spaces, erasing), store_lookup.cpp,
// store_publish.cpp (with growth), store_evict.cpp, store_extents.cpp (emptying and moving extents),
// store_snapshots.cpp (saving and loading indexes) and store_inspect.cpp.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <unordered_set>
#include <vector>

#include "client/memory/fault_guard.h"
#include "index/search_arena.h"
#include "memod/background_sync.h"
#include "memod/catalog/catalog.h"
#include "memod/catalog/eviction.h"
#include "memod/catalog/free_slots.h"
#include "memod/catalog/index_snapshot.h"
#include "memod/catalog/leased_slots.h"
#include "memod/maintenance.h"
#include "memod/pool/pool.h"
#include "memod/pool_memory.h"
#include "memod/store.h"

namespace memo {

// Lock order: growth_mutex_, reclaim_mutex_, catalog_.mutex, then the mutexes inside FreeSlots, LeasedSlots and
// VectorIndex, of which none is held while another is taken.
class Store::Impl {
 public:
  Impl(const StoreOptions& options, std::unique_ptr<Pool> pool);
  ~Impl();

  // Fills the catalog from the pool; frees what is torn or damaged.
  void recover();

  Result<SpaceId> open_space(const SpaceSpec& spec);
  Result<OpenedSpace> use_space(const SpaceSpec& spec);
  Result<SpaceRef> space(SpaceId id) const;

  Status find(const LookupRequest& request, LeaseTable& table, std::span<const std::uint32_t> leases,
              std::span<std::optional<Found>> found);
  Result<PublishOutcome> publish(SpaceId space, const Publication& publication,
                                 std::span<const std::byte> payload);
  Result<PublishOutcome> import(SpaceId space, const MemoDetail& memo, std::span<const std::byte> payload);

  void register_leases(LeaseTable& table) { leased_.add(table); }
  void unregister_leases(LeaseTable& table);

  StoreStats stats() const;
  StoreMemory memory() const;
  MemoPage list(std::uint64_t cursor, std::uint32_t limit) const;
  CheckPage check(std::uint64_t cursor, std::uint32_t limit, bool repair);
  Result<MemoDetail> show(SpaceId space, Layer layer, const Key& key) const;
  Status erase(SpaceId space, Layer layer, const Key& key);
  Status set_pinned(SpaceId space, Layer layer, const Key& key, bool pinned);
  Result<std::uint64_t> evict(SpaceId space, std::uint64_t memos);
  Status set_quota(SpaceId space, std::uint64_t bytes);
  Result<CompactStep> drop(SpaceId space);
  Result<CompactStep> compact();

  const Pool& pool() const { return *pool_; }
  // ok, unless the pool was lost under way. Errors: unavailable.
  Status usable() const;

 private:
  // An extent on its way back to the pool: its memos are moved to other extents of the space, or evicted.
  enum class Emptying { by_moving, by_evicting };
  struct Drain {
    std::uint32_t extent = 0;
    SpaceId space{};
    Emptying how{};
    std::chrono::steady_clock::time_point deadline;
    std::uint32_t next = 0;  // slot to look at
  };
  struct DrainStep {
    std::uint64_t moved = 0;  // memos, in this step
    std::uint64_t freed_bytes = 0;
  };

  // store.cpp
  void recover_extent(std::uint32_t extent);
  void recover_slot(SpaceId space, SlotId slot);
  bool recover_live_slot(SpaceCatalog& space, SlotId slot);
  bool discard(SlotId slot, Pinned pinned);
  Result<SpaceId> find_or_add_space(const SpaceSpec& spec);
  void release_slot(const ErasedSlot& erased);
  void reclaim();
  bool in_grace() const;
  std::uint32_t minute() const { return minute_of(options_.unix_ns()); }

  // store_lookup.cpp
  struct Search;
  // Where what is found goes, in the same order: the leases it takes, and what is said of it.
  struct Places {
    LeaseTable& table;
    std::span<const std::uint32_t> leases;
    std::span<std::optional<Found>> found;
    Places part(std::size_t first, std::size_t count) const {
      return {table, leases.subspan(first, count), found.subspan(first, count)};
    }
  };
  // Both fill `found` from the front; -> how many were found.
  std::size_t find_exact(LayerCatalog& layer, const LookupItem& item, std::span<std::optional<Found>> found);
  std::size_t find_similar(LayerCatalog& layer, const LookupRequest& request, const Search& search,
                           std::span<std::optional<Found>> found);
  void order_by_penalty(std::span<Neighbor> near) const;
  bool is_memo_of(const LayerCatalog& layer, SlotId slot) const;
  template <typename Look>
  void take(const Look& look, const Places& places, std::uint32_t now);
  Found describe(SlotId slot) const;
  bool verify(const Found& found);

  // store_publish.cpp
  Result<PublishOutcome> try_publish(SpaceId space, const SlotContent& content);
  PublishOutcome finish_publish(SpaceCatalog& space, LayerCatalog& layer, const SlotContent& content,
                                const ErasedSlot& written);
  Result<SlotId> claim_slot(SpaceId id, SpaceCatalog& space);
  Result<std::uint32_t> grow(SpaceId id, SpaceCatalog& space);
  void note_damage(const Status& status);
  bool note_shortage(SpaceId id, SpaceCatalog& space);
  Maintenance::Next maintain(const std::stop_token& stop);
  void grow_ahead(const std::stop_token& stop);
  void prefault(std::uint32_t extent, const std::stop_token& stop);

  // store_evict.cpp; requires of all: growth_mutex_ is held
  void make_room();
  void relieve(SpaceId id, SpaceCatalog& space);
  std::uint64_t evict_least_valuable(SpaceId space, std::uint64_t count);
  using Slots = std::unordered_set<std::uint64_t>;
  struct Evictable {
    std::vector<MemoValue> unheld;
    std::vector<MemoValue> held;  // by leases that are in force
  };
  Evictable evictable_memos(SpaceId space) const;
  // `held`: slots that spare their extents.
  std::optional<ExtentValue> cheapest_extent(std::optional<SpaceId> of, std::optional<SpaceId> except,
                                             const Slots& held) const;
  std::optional<ExtentValue> value_of_extent(std::uint32_t extent, const Slots& held) const;
  Slots held_slots() const { return leased_.held(lease_limit()); }
  // Shorter while only leased memos are left to make room.
  std::chrono::milliseconds lease_limit() const;
  void shorten_leases();
  float value(SlotId slot, std::uint32_t minute) const;
  bool is_over_quota(const SpaceCatalog& space) const;
  void save_usage();

  // store_extents.cpp; requires of all: growth_mutex_ is held
  void begin_drain(std::uint32_t extent, Emptying how);
  // Goes on with drain_, which is empty afterwards when the extent is gone, or will not go.
  DrainStep continue_drain();
  std::uint64_t empty_extent();
  bool move_memo(SlotId slot);
  bool remove_drained_extent();
  // Errors: corrupt.
  Status can_move_extents() const;
  void cancel_drain();
  std::optional<std::uint32_t> sparse_extent() const;
  std::uint64_t erase_some(SpaceId space);
  std::optional<std::uint32_t> extent_of(SpaceId space) const;

  // store_snapshots.cpp
  void load_indexes();
  void load_index(LayerCatalog& layer);
  void note_refusal(const Status& status) const;
  // Saves what has changed, when it is time. Maintenance thread only, or after it has ended.
  void save_indexes();
  void save_index(LayerCatalog& layer);
  std::optional<std::chrono::milliseconds> until_snapshot() const;
  SnapshotIdentity snapshot_identity(const LayerCatalog& layer) const;
  std::uint64_t stamp_of(std::uint64_t label) const;

  // store_inspect.cpp
  SpaceStats space_stats(SpaceId id, const SpaceCatalog& space) const;
  MemoRecord record(SlotId slot) const;
  Result<SlotId> slot_of(SpaceId space, Layer layer, const Key& key) const;
  bool check_leased(SlotId slot, CheckPage& page) const;
  std::string durability() const;

  const StoreOptions options_;
  const Decay decay_;
  std::unique_ptr<Pool> pool_;
  const FaultGuard guard_;
  const std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();

  PoolMemory memory_;

  std::mutex reclaim_mutex_;  // one thread at a time takes deferred slots and frees them
  std::mutex growth_mutex_;   // one thread at a time adds spaces and extents, evicts, or empties extents
  // Under growth_mutex_:
  std::optional<Drain> drain_;
  DrainStep
      untold_;  // by moving, and compact() has not answered it yet: the maintenance thread goes on with drains
  std::chrono::steady_clock::time_point usage_saved_ = opened_;
  Catalog catalog_;
  SearchArena searches_;
  FreeSlots free_;
  LeasedSlots leased_;
  std::atomic<std::chrono::steady_clock::time_point> leases_are_short_until_{};
  std::atomic<bool> tables_damaged_ = false;  // the pool's, since it was opened
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> evicted_ = 0;
  std::atomic<std::uint64_t> damaged_ = 0;
  const IndexSnapshots snapshots_;
  std::chrono::steady_clock::time_point snapshots_saved_ = opened_;  // maintenance thread only
  std::atomic<std::uint64_t> snapshots_failed_ = 0;
  BackgroundSync sync_;
  Maintenance maintenance_;  // last: its thread uses all of the above
};

}  // namespace memo
