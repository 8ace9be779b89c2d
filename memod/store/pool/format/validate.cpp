#include "memod/store/pool/format/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "memod/store/pool/format/checksums.h"

namespace memo {
namespace {

// A run of bytes in the file.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// [offset, offset + bytes) if it lies behind the file's first page and inside the file, without overflow.
bool fits(std::uint64_t offset, std::uint64_t bytes, std::uint64_t file_bytes) {
  return offset >= layout::kPageBytes && offset <= file_bytes && bytes <= file_bytes - offset;
}

Status damaged(const std::string& path, std::string_view table, std::size_t entry, std::string_view field,
               std::uint64_t value) {
  return {StatusCode::corrupt,
          fmt::format("{}: {} {}: {} is {}, which cannot be", path, table, entry, field, value)};
}

template <typename Record>
bool is_zero(const Record& record) {
  const Record zero{};
  return std::memcmp(&record, &zero, sizeof(record)) == 0;
}

Status validate_space(const layout::SpaceRecord& record, std::size_t index, const std::string& path) {
  if (const Status status = spec_of(record).validate(); !status)
    return {StatusCode::corrupt, fmt::format("{}: space {}: {}", path, index, status.message())};
  if (record.checksum != space_checksum(record)) return damaged(path, "space", index, "checksum", record.checksum);
  return Status::ok();
}

// What lies behind a table's end is as it was made: a count that lost a bit would hide entries.
template <typename Record>
Status validate_end(std::span<const Record> table, std::size_t count, std::string_view name,
                    const std::string& path) {
  for (std::size_t i = count; i < table.size(); ++i)
    if (!is_zero(table[i]))
      return {StatusCode::corrupt, fmt::format("{}: {} {} lies behind the {} that count", path, name, i, count)};
  return Status::ok();
}

Status validate_extent(const layout::Root& root, std::size_t index, std::uint64_t file_bytes,
                       const std::string& path, std::vector<Range>& used) {
  const layout::ExtentRecord& extent = root.extents[index];
  const auto bad = [&](std::string_view field, std::uint64_t value) {
    return damaged(path, "extent", index, field, value);
  };
  if (extent.space >= root.space_count) return bad("space", extent.space);
  const layout::SpaceRecord& space = root.spaces[extent.space];
  if (extent.slot_stride != layout::slot_stride(space.payload_bytes))
    return bad("slot stride", extent.slot_stride);
  if (extent.slot_count == 0) return bad("slot count", extent.slot_count);
  // No overflow: counts are below 2^32, a stride at most 2^30 + 63, a header and its feature at most 1152 bytes.
  const std::uint64_t headers = layout::headers_bytes(extent.slot_count, space.feature_dimension);
  const std::uint64_t payloads = extent.slot_count * extent.slot_stride;
  if (extent.headers_start % alignof(layout::SlotHeader) != 0 || !fits(extent.headers_start, headers, file_bytes))
    return bad("headers start", extent.headers_start);
  if (extent.payload_start % layout::kPageBytes != 0 || !fits(extent.payload_start, payloads, file_bytes))
    return bad("payload start", extent.payload_start);
  if (extent.payload_object < layout::kPageBytes || extent.payload_object > extent.payload_start ||
      extent.payload_start - extent.payload_object > layout::kPayloadAlignment)
    return bad("payload object", extent.payload_object);
  if (extent.checksum != extent_checksum(extent)) return bad("checksum", extent.checksum);
  used.push_back({extent.headers_start, extent.headers_start + headers});
  used.push_back({extent.payload_object, extent.payload_start + payloads});
  return Status::ok();
}

Status check_overlaps(std::vector<Range> used, const std::string& path) {
  std::sort(used.begin(), used.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < used.size(); ++i)
    if (used[i].begin < used[i - 1].end)
      return {StatusCode::corrupt, fmt::format("{}: two extents overlap at byte {}", path, used[i].begin)};
  return Status::ok();
}

}  // namespace

Status validate_root_header(const layout::Root& root, const std::string& path) {
  if (root.magic != layout::kMagic)
    return {StatusCode::corrupt, fmt::format("{} is not a memod pool: its root has another magic number", path)};
  if (root.version != layout::kVersion)
    return {StatusCode::unsupported, fmt::format("{}: pool layout version {}; this memod reads version {}", path,
                                                 root.version, layout::kVersion)};
  return Status::ok();
}

Status validate_tables(const layout::Root& root, std::uint64_t file_bytes, const std::string& path) {
  if (root.space_count > layout::kMaxSpaces) return damaged(path, "root", 0, "space count", root.space_count);
  if (root.extent_count > layout::kMaxExtents) return damaged(path, "root", 0, "extent count", root.extent_count);
  if (root.extent_bytes == 0 || root.extent_bytes > (std::uint64_t{1} << 30))
    return damaged(path, "root", 0, "extent bytes", root.extent_bytes);
  if (root.checksum != root_checksum(root)) return damaged(path, "root", 0, "checksum", root.checksum);
  for (std::size_t i = 0; i < root.space_count; ++i) MEMO_RETURN_IF_ERROR(validate_space(root.spaces[i], i, path));
  MEMO_RETURN_IF_ERROR(
      validate_end(std::span<const layout::SpaceRecord>(root.spaces), root.space_count, "space", path));
  std::vector<Range> used;
  for (std::size_t i = 0; i < root.extent_count; ++i)
    if (!is_zero(root.extents[i])) MEMO_RETURN_IF_ERROR(validate_extent(root, i, file_bytes, path, used));
  MEMO_RETURN_IF_ERROR(
      validate_end(std::span<const layout::ExtentRecord>(root.extents), root.extent_count, "extent", path));
  return check_overlaps(std::move(used), path);
}

SpaceSpec spec_of(const layout::SpaceRecord& record) {
  return {.model = {record.model_high, record.model_low},
          .kind = static_cast<MemoKind>(record.kind),
          .encoding = static_cast<PayloadEncoding>(record.encoding),
          .length_bucket = record.length_bucket,
          .heads = record.heads,
          .feature_dimension = record.feature_dimension,
          .payload_bytes = record.payload_bytes};
}

layout::SpaceRecord record_of(const SpaceSpec& spec) {
  layout::SpaceRecord record = {.model_high = spec.model.high,
                                .model_low = spec.model.low,
                                .payload_bytes = spec.payload_bytes,
                                .kind = static_cast<std::uint32_t>(spec.kind),
                                .encoding = static_cast<std::uint32_t>(spec.encoding),
                                .length_bucket = spec.length_bucket,
                                .heads = spec.heads,
                                .feature_dimension = spec.feature_dimension,
                                .reserved = 0,
                                .checksum = 0,
                                .quota_bytes = 0};
  record.checksum = space_checksum(record);
  return record;
}

}  // namespace memo
