// PoolMemory: brings an open pool into memory, on huge pages and on chosen NUMA nodes, and reports how far that
// went.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/inspector.h"
#include "client/memory/backing.h"
#include "client/memory/mapping_use.h"
#include "client/memory/warmer.h"
#include "client/process/logger.h"
#include "memo/status.h"
#include "memod/store/memory/numa.h"
#include "memod/store/pool/pool.h"

namespace memo {

struct MemoryOptions {
  // Map the whole pool in, in the background, and new extents ahead of use. A pool on a disk is not mapped in: all
  // of it would be read.
  bool prefault = true;
  // Ask for huge pages; gather the scattered pages of a memory file into huge pages.
  bool huge_pages = true;
  NumaPolicy numa = {};
  std::vector<int> numa_nodes = {0};  // of this machine
};

// Threads: any.
class PoolMemory {
 public:
  // Starts at once. `log` gets a line when the pool is in memory, or cannot be brought there.
  // Lifetime: the pool outlives this.
  PoolMemory(Pool& pool, const MemoryOptions& options, Logger log);

  // What the kernel says has been achieved; measured again when that is cheap.
  PoolMemoryStats stats() const;

 private:
  void place();
  void warm();
  void report(const MemoryWarmer::Progress& progress) const;
  std::string numa() const;
  MappingUse use() const;

  const Pool& pool_;
  const std::span<std::byte> memory_;
  const MemoryOptions options_;
  const Logger log_;
  Status placed_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  // Under mutex_:
  mutable MappingUse use_;
  mutable std::chrono::steady_clock::time_point measured_;
  mutable std::chrono::steady_clock::duration measuring_{};  // what it took
  std::unique_ptr<MemoryWarmer> warmer_;  // last: its thread uses the above. Null: nothing to do
};

}  // namespace memo
