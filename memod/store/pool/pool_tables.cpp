#include "memod/store/pool/pool_tables.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace memo {

PoolTables::PoolTables(layout::Root& stored)
    : stored_(stored), root_(std::make_unique<layout::Root>(stored)), extent_bytes_(layout::kMaxExtents) {}

std::uint32_t PoolTables::vacant_extent() const {
  const auto all = extents();
  const auto vacant = std::find_if(all.begin(), all.end(),
                                   [](const layout::ExtentRecord& record) { return record.slot_count == 0; });
  return static_cast<std::uint32_t>(vacant - all.begin());
}

void PoolTables::set_space(std::uint32_t space, const layout::SpaceRecord& record) {
  root_->spaces[space] = record;
  count(root_->space_count).store(std::max(root_->space_count, space + 1), std::memory_order_release);
}

void PoolTables::set_quota(std::uint32_t space, std::uint64_t bytes) {
  std::atomic_ref(root_->spaces[space].quota_bytes).store(bytes, std::memory_order_relaxed);
}

void PoolTables::set_extent(std::uint32_t extent, const layout::ExtentRecord& record, std::uint64_t bytes) {
  root_->extents[extent] = record;
  extent_bytes_[extent] = bytes;
  count(root_->extent_count).store(std::max(root_->extent_count, extent + 1), std::memory_order_release);
}

Status PoolTables::compare() const {
  const auto same = [](const void* stored, const void* known, std::size_t bytes) {
    return std::memcmp(stored, known, bytes) == 0;
  };
  const auto changed = [](std::string_view what) {
    return Status(StatusCode::corrupt, std::string(what) + " changed under this process");
  };
  if (!same(&stored_, root_.get(), offsetof(layout::Root, spaces))) return changed("its root");
  if (!same(stored_.spaces, root_->spaces, spaces().size_bytes())) return changed("its table of spaces");
  if (!same(stored_.extents, root_->extents, extents().size_bytes())) return changed("its table of extents");
  return Status::ok();
}

}  // namespace memo
