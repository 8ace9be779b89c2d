// How a store is opened, and how it behaves when its pool is full.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "client/memory/fault_guard.h"
#include "client/process/logger.h"
#include "index/vector_index.h"
#include "memo/status.h"
#include "memod/store/memory/pool_memory.h"
#include "memod/store/pool/format/clock.h"
#include "memod/store/pool/persist_observer.h"

namespace memo {

struct EvictionOptions {
  bool enabled = true;
  // Shares of a space's slots. When a space cannot grow, memos are evicted once more than `high_watermark` of its
  // slots are in use, until only `low_watermark` are.
  double high_watermark = 0.98;
  double low_watermark = 0.95;
  // After this time a hit's weight is halved.
  std::chrono::minutes half_life{60};

  Status validate() const;
};

struct StoreOptions {
  std::string path;
  // Size of a pool that does not exist yet, bytes; 0: the pool must exist.
  std::uint64_t create_bytes = 0;
  MemoryOptions memory = {};
  EvictionOptions eviction = {};
  // A lease older than this no longer keeps its memo's slot from reuse.
  std::chrono::milliseconds lease_limit{30'000};
  // After opening, no slot is reused for this long: clients of a daemon that died may still be reading.
  std::chrono::milliseconds restart_grace{0};
  // Off DAX: how often to write the pool to its storage; 0: never.
  std::chrono::milliseconds sync_interval{0};
  // How often to save the indexes beside the pool; they are also saved when the store is closed. 0: never.
  std::chrono::milliseconds snapshot_interval{0};
  // Up to this many features of a layer are compared one by one; a graph is built when there are more.
  std::size_t flat_limit = VectorIndexOptions().flat_limit;
  // How the indexes keep features in memory. The pool holds them as f32, and the distances in answers are computed
  // from these.
  FeatureFormat index_features = FeatureFormat::f32;
  // How many cores search for one batch of lookups; 0: SearchArena::default_threads().
  std::uint32_t search_threads = 0;
  // The current time, for records and for the fading of usage.
  std::function<std::int64_t()> unix_ns = now_unix_ns;
  // What happens to this process when somebody truncates the pool, or its storage fails. With zeros, the store is
  // unavailable from then on.
  FaultGuard::OnFault on_lost_pool = FaultGuard::OnFault::end_process;
  std::shared_ptr<PersistObserver> persist_observer = nullptr;  // for tests
  Logger log = {};                                              // messages for people; empty: no log

  Status validate() const;
  // The options of every index, except for the dimension.
  VectorIndexOptions index_options() const { return {.features = index_features, .flat_limit = flat_limit}; }
};

}  // namespace memo
