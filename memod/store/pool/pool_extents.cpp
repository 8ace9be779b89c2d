#include <fmt/format.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/random.h>

#include <algorithm>

#include "memod/store/pool/format/checksums.h"
#include "memod/store/pool/pool_impl.h"

namespace memo {
namespace {

std::uint64_t payload_alignment(std::uint64_t extent_bytes) {
  return extent_bytes > layout::kLargeExtentBytes ? layout::kPayloadAlignment : layout::kPageBytes;
}

std::uint64_t slot_bytes(const layout::SpaceRecord& space) {
  return layout::slot_stride(space.payload_bytes) + layout::headers_bytes(1, space.feature_dimension);
}

// How many slots an extent of `extent_bytes` holds, besides the gap before slot 0 and libpmemobj's object header.
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

// Where the generations of a new extent start: 54 random bits. A view that outlived its extent compares the word
// at its old place with the generation it was given. What lies there by now, another extent's word or a payload,
// is not that number.
std::uint64_t first_generation() {
  constexpr std::uint64_t kRoomToCount = std::uint64_t{1} << 54;
  std::uint64_t random = 0;
  // For this few bytes the call never fails, once the kernel has started.
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
  return impl_->tables().extents();
}

std::uint64_t Pool::Impl::object_bytes(std::uint64_t object) const {
  return pmemobj_alloc_usable_size({uuid_, object}) + layout::kObjectHeaderBytes;
}

std::optional<std::uint32_t> Pool::Impl::allocate_extent(std::uint32_t space, std::uint64_t extent_bytes) {
  const std::uint32_t index = tables_.vacant_extent();
  const layout::SpaceRecord& of_space = tables_.root().spaces[space];
  const std::uint32_t slot_count = slots_in(extent_bytes, of_space);
  layout::ExtentRecord record{};
  record.space = space;
  record.slot_count = slot_count;
  record.slot_stride = layout::slot_stride(of_space.payload_bytes);
  const std::uint64_t alignment = payload_alignment(extent_bytes);
  layout::Root& stored = tables_.stored();

  // The object, the record and the count, or none of them.
  const bool allocated = transact("add extent", [&](PmemTransaction& transaction) {
    // Not flushed: the bytes of a payload mean nothing until its slot is written.
    record.payload_object = transaction.allocate(extent_bytes - layout::kObjectHeaderBytes, POBJ_XALLOC_NO_FLUSH);
    if (record.payload_object == 0) return false;
    record.payload_start = (record.payload_object + alignment - 1) / alignment * alignment;
    record.headers_start = record.payload_start + slot_count * record.slot_stride;
    record.checksum = extent_checksum(record);
    initialize_headers(reinterpret_cast<layout::SlotHeader*>(at(record.headers_start)), slot_count);
    persist_.persist(at(record.headers_start), slot_count * sizeof(layout::SlotHeader));
    if (!transaction.will_change(&stored.extents[index], sizeof(record)) ||
        !transaction.will_change(&stored.extent_count, sizeof(stored.extent_count)))
      return false;
    stored.extents[index] = record;
    stored.extent_count = std::max(stored.extent_count, index + 1);
    return true;
  });
  if (!allocated) return std::nullopt;
  tables_.set_extent(index, record, object_bytes(record.payload_object));
  return index;
}

Result<std::uint32_t> Pool::add_extent(SpaceId space, std::uint64_t max_bytes) {
  const auto space_index = static_cast<std::uint32_t>(space);
  assert(space_index < spaces().size());
  if (impl_->tables().vacant_extent() == layout::kMaxExtents)
    return Status(StatusCode::full, fmt::format("the pool has {} extents, no more fit", layout::kMaxExtents));
  MEMO_RETURN_IF_ERROR(impl_->examine());
  const std::uint64_t least = least_bytes(root().spaces[space_index]);
  std::uint64_t bytes =
      std::max(least, std::min(root().extent_bytes, max_bytes) / layout::kChunkBytes * layout::kChunkBytes);
  while (bytes <= max_bytes) {
    if (const auto index = impl_->allocate_extent(space_index, bytes)) return *index;
    if (bytes == least) break;
    bytes = std::max(least, bytes / 2 / layout::kChunkBytes * layout::kChunkBytes);
  }
  return Status(StatusCode::full,
                fmt::format("the pool of {} bytes has no room for an extent of {} bytes", file_bytes(), least));
}

Status Pool::Impl::remove_extent(std::uint32_t index) {
  MEMO_RETURN_IF_ERROR(examine());
  layout::ExtentRecord& entry = tables_.stored().extents[index];
  const PMEMoid object = {uuid_, tables_.root().extents[index].payload_object};
  const bool removed = transact("remove extent", [&](PmemTransaction& transaction) {
    if (!transaction.will_change(&entry, sizeof(entry)) || !transaction.free(object)) return false;
    entry = {};
    return true;
  });
  if (!removed) return {StatusCode::internal, fmt::format("cannot remove an extent: {}", pmem_error())};
  tables_.set_extent(index, {}, 0);
  return Status::ok();
}

Status Pool::remove_extent(std::uint32_t extent) {
  assert(extents()[extent].slot_count > 0);
  return impl_->remove_extent(extent);
}

std::uint64_t Pool::extent_bytes(std::uint32_t extent) const {
  return impl_->tables().extent_bytes(extent);
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
