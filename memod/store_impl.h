// The inside of Store. Its methods are spread over store.cpp (opening, spaces, erasing), store_lookup.cpp,
// store_publish.cpp (with growth and maintenance) and store_inspect.cpp.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "memod/catalog/catalog.h"
#include "memod/catalog/free_slots.h"
#include "memod/catalog/leased_slots.h"
#include "memod/maintenance.h"
#include "memod/pool/pool.h"
#include "memod/store.h"

namespace memo {

// Lock order: growth_mutex_, catalog_.mutex, then the mutexes inside FreeSlots, LeasedSlots and VectorIndex, of
// which none is held while another is taken.
class Store::Impl {
 public:
  Impl(const StoreOptions& options, std::unique_ptr<Pool> pool);

  // Fills the catalog from the pool; frees what is torn or damaged.
  void recover();

  Result<SpaceId> open_space(const SpaceSpec& spec);
  Result<SpaceCatalog*> space(SpaceId id) const;

  Status find(const LookupRequest& request, LeaseTable& table, std::span<const std::uint32_t> leases,
              std::span<std::optional<Found>> found);
  Result<PublishOutcome> publish(SpaceId space, const Publication& publication,
                                 std::span<const std::byte> payload);
  Status erase(SpaceId space, Layer layer, const Key& key);

  void register_leases(LeaseTable& table) { leased_.add(table); }
  void unregister_leases(LeaseTable& table);

  StoreStats stats() const;
  MemoPage list(std::uint64_t cursor, std::uint32_t limit) const;
  CheckPage check(std::uint64_t cursor, std::uint32_t limit);

  const Pool& pool() const { return *pool_; }
  const std::string& path() const { return options_.path; }
  void count_refused() { refused_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t damaged_at_open() const { return damaged_at_open_; }

 private:
  // store.cpp
  void recover_slot(SpaceId space, SlotId slot);
  bool recover_live_slot(SpaceCatalog& space, SlotId slot);
  void release_slot(const ErasedSlot& erased);
  void reclaim();

  // store_lookup.cpp
  std::optional<Found> find_exact(LayerCatalog& layer, const LookupItem& item);
  std::optional<Found> find_similar(LayerCatalog& layer, const LookupItem& item, float max_distance);
  Found describe(SlotId slot) const;

  // store_publish.cpp
  Result<PublishOutcome> try_publish(SpaceId space, const Publication& publication,
                                     std::span<const std::byte> payload);
  PublishOutcome finish_publish(SpaceCatalog& space, LayerCatalog& layer, const Publication& publication,
                                const ErasedSlot& written, std::uint64_t payload_bytes);
  Result<SlotId> claim_slot(SpaceId id, SpaceCatalog& space);
  Result<std::uint32_t> grow(SpaceId id, SpaceCatalog& space);
  void note_shortage(SpaceId id, SpaceCatalog& space);
  bool maintain(const std::stop_token& stop);
  void grow_ahead(const std::stop_token& stop);
  void prefault(std::uint32_t extent, const std::stop_token& stop) const;

  // store_inspect.cpp
  SpaceStats space_stats(SpaceId id, const SpaceCatalog& space) const;
  MemoRecord record(SlotId slot) const;
  void check_leased(SlotId slot, CheckPage& page) const;

  const StoreOptions options_;
  const std::unique_ptr<Pool> pool_;
  const std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();
  std::uint64_t damaged_at_open_ = 0;  // constant after recover()

  std::mutex growth_mutex_;  // one thread at a time adds spaces or extents to the pool
  Catalog catalog_;
  FreeSlots free_;
  LeasedSlots leased_;
  std::atomic<std::uint64_t> refused_ = 0;
  Maintenance maintenance_;  // last: its thread uses all of the above
};

}  // namespace memo
