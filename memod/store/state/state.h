// StoreState: the data that the parts of one open store share, and the locks that protect it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

#include "client/memory/fault_guard.h"
#include "memo/status.h"
#include "memo/types.h"
#include "memod/store/catalog/catalog.h"
#include "memod/store/catalog/free_slots.h"
#include "memod/store/catalog/usage.h"
#include "memod/store/leases/leased_slots.h"
#include "memod/store/pool/pool.h"
#include "memod/store/state/growth_lock.h"
#include "memod/store/state/maintenance_signal.h"
#include "memod/store/state/options.h"
#include "memod/store/state/table_damage.h"

namespace memo {

// Threads: any. Lock order: the growth lock, the lock of Reclaimer, the catalog's lock, then the mutexes inside
// FreeSlots, LeasedSlots and VectorIndex, of which none is held while another is taken.
// A function that needs the growth lock or the catalog's takes it as an argument.
struct StoreState {
  StoreState(const StoreOptions& in_options, std::unique_ptr<Pool> in_pool);

  // Taken to add spaces and extents, to evict, or to empty extents: one thread at a time does that.
  [[nodiscard]] GrowthLock lock_growth() { return GrowthLock(growth_mutex_); }

  // ok, unless the pool was lost meanwhile. Errors: unavailable.
  Status usable() const;
  // Errors: invalid_argument for an unknown id.
  Result<SpaceRef> space(SpaceId id) const;
  // The slot that the key leads to. Errors: invalid_argument for an unknown space, not_found.
  Result<SlotId> slot_of(const CatalogLock& lock, SpaceId space, Layer layer, const Key& key) const;
  // Whether the slot holds a live memo of this layer in this space.
  bool is_memo_of(const CatalogLock& lock, const LayerCatalog& layer, SlotId slot) const;
  // Whether clients of a daemon that died may still be reading: no slot is reused then.
  bool in_grace() const;
  // The time in minutes, as Usage counts it.
  std::uint32_t minute() const { return minute_of(options.unix_ns()); }

  const StoreOptions options;
  const Decay decay;
  // The methods that change its tables: under the growth lock. Slots: one thread at a time writes or frees one.
  std::unique_ptr<Pool> pool;
  const FaultGuard guard;
  const std::chrono::steady_clock::time_point opened = std::chrono::steady_clock::now();

  // Each of these has its own lock:
  Catalog catalog;
  FreeSlots free_slots;
  LeasedSlots leased_slots;
  MaintenanceSignal maintenance;
  TableDamage table_damage;

  // Since the store was opened, from any thread:
  std::atomic<std::uint64_t> refused = 0;  // publications
  std::atomic<std::uint64_t> evicted = 0;
  std::atomic<std::uint64_t> damaged = 0;

 private:
  std::mutex growth_mutex_;
};

}  // namespace memo
