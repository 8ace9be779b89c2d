#include "memod/store/pool/examine/objects.h"

#include <fmt/format.h>

#include <algorithm>

#include "memod/store/pool/examine/pmdk_format.h"

namespace memo {
namespace {

// Where memod's data in these chunks start.
std::uint64_t object_offset(const UsedChunks& chunks) {
  return chunks.offset + sizeof(pmdk::ObjectHeader);
}

// What is wrong with the object at `offset` that reaches up to `end`.
// libpmemobj believes the size in an object's header when the object is freed or asked for its size.
Status check_object(const PoolBytes& pool, std::span<const UsedChunks> used, std::uint64_t offset,
                    std::uint64_t end) {
  const auto chunks =
      std::lower_bound(used.begin(), used.end(), offset,
                       [](const UsedChunks& one, std::uint64_t value) { return object_offset(one) < value; });
  if (chunks == used.end() || object_offset(*chunks) != offset)
    return {StatusCode::corrupt, fmt::format("its object at byte {} is none of libpmemobj's heap", offset)};
  if (!chunks->has_object_header)
    return {StatusCode::corrupt, fmt::format("its object at byte {} has no header", offset)};
  if (end > chunks->offset + chunks->bytes)
    return {StatusCode::corrupt,
            fmt::format("it ends at byte {}, its object at byte {}", end, chunks->offset + chunks->bytes)};
  pmdk::ObjectHeader header;
  MEMO_RETURN_IF_ERROR(pool.read_into(chunks->offset, header));
  const std::uint64_t bytes = header.bytes & pmdk::kObjectBytesMask;
  if (bytes == chunks->bytes) return Status::ok();
  return {StatusCode::corrupt,
          fmt::format("its object's header says {} bytes, its chunks have {}", bytes, chunks->bytes)};
}

Status of(std::string_view what, const Status& status) {
  return {status.code(), fmt::format("{}: {}", what, status.message())};
}

}  // namespace

Result<std::unique_ptr<layout::Root>> read_root(const PoolBytes& pool, std::span<const UsedChunks> used) {
  pmdk::RuntimeFields fields;
  MEMO_RETURN_IF_ERROR(pool.read_into(pmdk::kRuntimeOffset, fields));
  if (fields.root_bytes != layout::kRootObjectBytes)
    return Status(StatusCode::corrupt,
                  fmt::format("its root has {} bytes, not {}", fields.root_bytes, layout::kRootObjectBytes));
  const std::uint64_t end = fields.root_offset + fields.root_bytes;
  if (const Status status = check_object(pool, used, fields.root_offset, end); !status) return of("root", status);
  auto root = std::make_unique<layout::Root>();
  MEMO_RETURN_IF_ERROR(pool.read_into(fields.root_offset, *root));
  return root;
}

Status check_extents(const PoolBytes& pool, const layout::Root& root, std::span<const UsedChunks> used) {
  for (std::uint32_t index = 0; index < root.extent_count; ++index) {
    const layout::ExtentRecord& extent = root.extents[index];
    if (extent.slot_count == 0) continue;
    const std::uint64_t end =
        extent.headers_start +
        layout::headers_bytes(extent.slot_count, root.spaces[extent.space].feature_dimension);
    if (const Status status = check_object(pool, used, extent.payload_object, end); !status)
      return of(fmt::format("extent {}", index), status);
  }
  return Status::ok();
}

}  // namespace memo
