#include <fmt/format.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/random.h>

#include <algorithm>

#include "memod/pool/checksums.h"
#include "memod/pool/pool_impl.h"

namespace memo {
namespace {

std::uint64_t payload_alignment(std::uint64_t extent_bytes) {
  return extent_bytes > layout::kLargeExtentBytes ? layout::kPayloadAlignment : layout::kPageBytes;
}

std::uint64_t slot_bytes(const layout::SpaceRecord& space) {
  return layout::slot_stride(space.payload_bytes) + layout::headers_bytes(1, space.feature_dimension);
}

// What an extent of so many bytes holds, next to the gap before slot 0 and what libpmemobj puts before an object.
std::uint32_t slots_in(std::uint64_t extent_bytes, const layout::SpaceRecord& space) {
  const std::uint64_t overhead = payload_alignment(extent_bytes) + layout::kObjectHeaderBytes;
  return extent_bytes < overhead ? 0 : static_cast<std::uint32_t>((extent_bytes - overhead) / slot_bytes(space));
}

// The smallest extent with a slot.
std::uint64_t least_bytes(const layout::SpaceRecord& space) {
  std::uint64_t bytes = slot_bytes(space) / layout::kChunkBytes * layout::kChunkBytes;
  while (slots_in(bytes, space) == 0) bytes += layout::kChunkBytes;
  return std::max(layout::kMinExtentBytes, bytes);
}

// Where the generations of a new extent start: 54 random bits. A view that outlived its extent compares the word at
// its old place with the generation it was given; whatever lies there by now, another extent's word or somebody's
// payload, is not that number.
std::uint64_t first_generation() {
  constexpr std::uint64_t kRoomToCount = std::uint64_t{1} << 54;
  std::uint64_t random = 0;
  // Never fails for so few bytes, once the kernel has started.
  while (getrandom(&random, sizeof(random), 0) != sizeof(random)) {
  }
  return kRoomToCount + random % kRoomToCount;
}

void initialize_headers(layout::SlotHeader* headers, std::uint32_t slot_count) {
  const std::uint64_t word = layout::make_state_word(first_generation(), layout::SlotState::free);
  for (layout::SlotHeader& header : std::span(headers, slot_count)) {
    header = {};
    header.state_word = word;
  }
}

}  // namespace

std::span<const layout::ExtentRecord> Pool::extents() const {
  return {impl_->root().extents, impl_->extent_count().load(std::memory_order_acquire)};
}

std::uint32_t Pool::Impl::vacant_entry() const {
  const std::span entries(root_->extents, root_->extent_count);
  const auto vacant = std::find_if(entries.begin(), entries.end(),
                                   [](const layout::ExtentRecord& record) { return record.slot_count == 0; });
  return static_cast<std::uint32_t>(vacant - entries.begin());
}

Result<std::uint32_t> Pool::Impl::allocate_extent(std::uint32_t space, std::uint64_t extent_bytes) {
  const std::uint32_t index = vacant_entry();
  if (index == layout::kMaxExtents)
    return Status(StatusCode::full, fmt::format("the pool has {} extents, no more fit", layout::kMaxExtents));
  const std::uint32_t slot_count = slots_in(extent_bytes, root_->spaces[space]);
  layout::ExtentRecord record{};
  record.space = space;
  record.slot_count = slot_count;
  record.slot_stride = layout::slot_stride(root_->spaces[space].payload_bytes);
  const std::uint64_t alignment = payload_alignment(extent_bytes);
  layout::ExtentRecord& entry = root_->extents[index];

  // The object, the record and the count, or none of them.
  const bool allocated = transact("add extent", [&](PmemTransaction& transaction) {
    // Not flushed: the bytes of a payload mean nothing until its slot is written.
    record.payload_object = transaction.allocate(extent_bytes - layout::kObjectHeaderBytes, POBJ_XALLOC_NO_FLUSH);
    if (record.payload_object == 0) return false;
    record.payload_start = (record.payload_object + alignment - 1) / alignment * alignment;
    record.headers_start = record.payload_start + slot_count * record.slot_stride;
    record.checksum = extent_checksum(record);
    initialize_headers(reinterpret_cast<layout::SlotHeader*>(at(record.headers_start)), slot_count);
    pmemobj_persist(pmem(), at(record.headers_start), slot_count * sizeof(layout::SlotHeader));
    if (!transaction.will_change(&entry, sizeof(entry)) ||
        !transaction.will_change(&root_->extent_count, sizeof(root_->extent_count)))
      return false;
    entry = record;
    extent_count().store(std::max(root_->extent_count, index + 1), std::memory_order_release);
    return true;
  });
  if (!allocated) return Status(StatusCode::full, "no room for an extent");
  return index;
}

Result<std::uint32_t> Pool::add_extent(SpaceId space, std::uint64_t max_bytes) {
  const auto space_index = static_cast<std::uint32_t>(space);
  assert(space_index < spaces().size());
  const layout::SpaceRecord& record = impl_->root().spaces[space_index];
  const std::uint64_t least = least_bytes(record);
  std::uint64_t bytes =
      std::max(least, std::min(impl_->root().extent_bytes, max_bytes) / layout::kChunkBytes * layout::kChunkBytes);
  while (bytes <= max_bytes) {
    if (const auto index = impl_->allocate_extent(space_index, bytes)) return *index;
    if (bytes == least) break;
    bytes = std::max(least, bytes / 2 / layout::kChunkBytes * layout::kChunkBytes);
  }
  return Status(StatusCode::full,
                fmt::format("the pool of {} bytes has no room for an extent of {} bytes", file_bytes(), least));
}

Status Pool::Impl::remove_extent(std::uint32_t index) {
  layout::ExtentRecord& entry = root_->extents[index];
  const bool removed = transact("remove extent", [&](PmemTransaction& transaction) {
    const PMEMoid object = {pmemobj_oid(root_).pool_uuid_lo, entry.payload_object};
    if (!transaction.will_change(&entry, sizeof(entry)) || !transaction.free(object)) return false;
    entry = {};
    return true;
  });
  if (removed) return Status::ok();
  return {StatusCode::internal, fmt::format("cannot remove an extent: {}", pmem_error())};
}

Status Pool::remove_extent(std::uint32_t extent) {
  assert(extents()[extent].slot_count > 0);
  return impl_->remove_extent(extent);
}

std::uint64_t Pool::extent_bytes(std::uint32_t extent) const {
  const std::uint64_t object = impl_->root().extents[extent].payload_object;
  return pmemobj_alloc_usable_size({pmemobj_oid(&impl_->root()).pool_uuid_lo, object}) +
         layout::kObjectHeaderBytes;
}

void Pool::prefault(std::uint32_t extent, std::uint64_t from, std::uint64_t count) const {
  const layout::ExtentRecord& record = extents()[extent];
  const std::uint64_t payloads = record.slot_count * record.slot_stride;
  if (from >= payloads) return;
  // The kernel makes the pages present and writable without changing them; touching them from here could race
  // with a publish. An old kernel says EINVAL: the pages then fault when they are first written.
  (void)madvise(impl_->at(record.payload_start + from), std::min(count, payloads - from), MADV_POPULATE_WRITE);
}

}  // namespace memo
