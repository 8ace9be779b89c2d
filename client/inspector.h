// StoreInspector: looks into a store without using it: statistics, a listing, a full check.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memo/status.h"
#include "memo/types.h"

namespace memo {

struct LayerStats {
  Layer layer{};
  std::uint64_t memos = 0;
  std::uint64_t indexed = 0;     // of them in the similarity graph; the others are compared one by one
  std::uint64_t tombstones = 0;  // removed memos that the graph still goes through
  // Since the store was opened:
  std::uint64_t lookups = 0;
  std::uint64_t exact_hits = 0;
  std::uint64_t similar_hits = 0;
  std::uint64_t published = 0;
  std::uint64_t duplicates = 0;
};

struct SpaceStats {
  SpaceId id{};
  SpaceSpec spec;
  std::uint64_t memos = 0;
  std::uint64_t slots = 0;                // memos that fit without a further extent
  std::uint64_t reserved_bytes = 0;       // of its extents, headers included
  std::uint64_t quota_bytes = 0;          // max. bytes of its extents; 0: no limit
  std::uint64_t empty_layer_lookups = 0;  // of layers that had no memo yet
  std::uint32_t users = 0;                // sessions that have it open
  std::vector<LayerStats> layers;         // those that have, or had, memos, by layer
};

// Where a pool lies, and how much of it is in memory in the process that has it open.
struct PoolMemoryStats {
  std::string backing;                   // "tmpfs", "fsdax", "devdax", "disk"
  std::string numa;                      // for people
  std::string huge_page_setting;         // of the system, e.g. "madvise, shmem advise"
  std::uint64_t present_bytes = 0;       // mapped in
  std::uint64_t huge_bytes = 0;          // of these, through page table entries for huge pages
  std::uint64_t page_table_bytes = 0;    // that the others take
  std::uint64_t prefault_bytes = 0;      // that are mapped in ahead of use; 0: none
  std::uint64_t prefaulted_bytes = 0;    // of these, so far
  std::uint64_t huge_page_failures = 0;  // huge pages that could not be made
};

struct StoreStats {
  std::string pool_path;
  std::string pool_uuid;  // 32 hex digits
  std::uint32_t layout_version = 0;
  std::uint64_t pool_bytes = 0;      // size of the pool file
  std::uint64_t reserved_bytes = 0;  // in extents
  std::uint64_t payload_bytes = 0;   // in live memos
  std::uint64_t memos = 0;
  std::uint64_t opens = 0;     // how often the pool was opened, this time included
  std::uint64_t sessions = 0;  // attached now; 0 for a closed pool
  // Since opening:
  std::uint64_t refused = 0;  // publishes, pool full or bad request
  std::uint64_t evicted = 0;  // memos
  std::uint64_t damaged = 0;  // memos that were found damaged, and freed
  double uptime_s = 0;
  std::string durability;  // "power-fail safe (DAX)" or what is given instead
  PoolMemoryStats memory;
  std::vector<SpaceStats> spaces;
};

struct MemoRecord {
  std::uint64_t slot = 0;
  SpaceId space{};
  Layer layer{};
  Key key;
  std::uint64_t generation = 0;
  std::uint32_t length = 0;
  std::uint64_t payload_bytes = 0;
  std::int64_t created_unix_ns = 0;
  std::uint64_t hits = 0;  // since opening
  float usage = 0;         // hits that count by now, earlier ones faded
  bool pinned = false;
};

// A page of a walk over all slots. Start with cursor 0; done when next == 0.
struct MemoPage {
  std::vector<MemoRecord> memos;
  std::uint64_t next = 0;
};

struct CheckPage {
  std::uint64_t checked = 0;  // live memos whose header and payload were read
  std::uint64_t bytes = 0;
  std::vector<std::string> damage;  // one line a finding
  std::uint64_t next = 0;
};

class StoreInspector {
 public:
  virtual ~StoreInspector() = default;
  virtual Result<StoreStats> stats() = 0;
  // At most `limit` records (the store may return fewer, with next != 0).
  virtual Result<MemoPage> list(std::uint64_t cursor, std::uint32_t limit) = 0;
  // Recomputes payload checksums of up to `limit` slots. With `repair`, erases what is damaged.
  virtual Result<CheckPage> check(std::uint64_t cursor, std::uint32_t limit, bool repair) = 0;
};

}  // namespace memo
