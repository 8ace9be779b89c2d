// PoolTables: what the root of an open pool says, in this process's own memory.
//
// The root is checked when the pool is opened. After that, a change of its bytes (faulty memory, a stray write by
// another process of the user) must not mislead this process. So the tables are read from here, and the root in
// the pool is only written.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "memo/status.h"
#include "memod/store/pool/format/layout.h"

namespace memo {

// Threads: any thread may read, without a lock: entries below a count do not change, except for the record of an
// extent that is being removed, and a space's quota. One thread at a time may change the tables.
class PoolTables {
 public:
  // Requires: `stored` is checked. Lifetime: it outlives this.
  explicit PoolTables(layout::Root& stored);

  const layout::Root& root() const { return *root_; }
  layout::Root& stored() const { return stored_; }
  std::span<const layout::SpaceRecord> spaces() const {
    return {root_->spaces, count(root_->space_count).load(std::memory_order_acquire)};
  }
  // Vacant entries included.
  std::span<const layout::ExtentRecord> extents() const {
    return {root_->extents, count(root_->extent_count).load(std::memory_order_acquire)};
  }
  // The lowest vacant entry; one behind the last when there is none.
  std::uint32_t vacant_extent() const;
  // What an extent takes of the pool.
  std::uint64_t extent_bytes(std::uint32_t extent) const { return extent_bytes_[extent]; }

  // What the root in the pool says now.
  void set_opens(std::uint64_t opens) { root_->opens = opens; }
  void set_space(std::uint32_t space, const layout::SpaceRecord& record);
  void set_quota(std::uint32_t space, std::uint64_t bytes);
  void set_extent(std::uint32_t extent, const layout::ExtentRecord& record, std::uint64_t bytes);

  // Whether the root in the pool still says the same. Errors: corrupt.
  Status compare() const;

 private:
  static std::atomic_ref<std::uint32_t> count(std::uint32_t& value) { return std::atomic_ref(value); }

  layout::Root& stored_;
  const std::unique_ptr<layout::Root> root_;
  std::vector<std::uint64_t> extent_bytes_;  // [kMaxExtents]
};

}  // namespace memo
