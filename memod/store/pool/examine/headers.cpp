#include "memod/store/pool/examine/headers.h"

#include <fmt/format.h>

#include "memod/store/pool/format/layout.h"

namespace memo {
namespace {

Status corrupt(std::string message) {
  return {StatusCode::corrupt, std::move(message)};
}

Status check_pool_header(const PoolBytes& pool) {
  pmdk::PoolHeader header;
  MEMO_RETURN_IF_ERROR(pool.read_into(0, header));
  const bool covers_2k = (header.incompatible_features & pmdk::kChecksumOf2KiB) != 0;
  const std::uint64_t stored = header.checksum;
  // What the checksum leaves out counts as zeros.
  header.checksum = 0;
  const auto bytes = std::as_bytes(std::span(&header, 1));
  std::uint64_t sum =
      pmdk::checksum(bytes.first(covers_2k ? offsetof(pmdk::PoolHeader, unchecked) : bytes.size()));
  if (covers_2k) {
    const pmdk::PoolHeader zeros{};
    sum = pmdk::checksum(std::as_bytes(std::span(&zeros, 1)).subspan(offsetof(pmdk::PoolHeader, unchecked)), sum);
  }
  if (stored != sum) return corrupt("libpmemobj's header fails its checksum");
  if (header.major == pmdk::kMajorVersion) return Status::ok();
  return {StatusCode::unsupported,
          fmt::format("libpmemobj's format is {}; this memod reads {}", header.major, pmdk::kMajorVersion)};
}

Status check_descriptor(const PoolBytes& pool) {
  pmdk::Descriptor descriptor;
  MEMO_RETURN_IF_ERROR(pool.read_into(pmdk::kDescriptorOffset, descriptor));
  if (descriptor.checksum != pmdk::checksum_of(descriptor))
    return corrupt("libpmemobj's descriptor fails its checksum");
  if (descriptor.lanes_offset == pmdk::kLanesOffset && descriptor.lane_count == pmdk::kLaneCount &&
      descriptor.heap_offset == pmdk::kHeapOffset)
    return Status::ok();
  return corrupt(fmt::format("libpmemobj's descriptor has {} lanes at {} and a heap at {}, which cannot be",
                             descriptor.lane_count, descriptor.lanes_offset, descriptor.heap_offset));
}

Status check_runtime_fields(const PoolBytes& pool) {
  pmdk::RuntimeFields fields;
  MEMO_RETURN_IF_ERROR(pool.read_into(pmdk::kRuntimeOffset, fields));
  if (fields.run_id % 2 != 0)
    return corrupt(fmt::format("libpmemobj's run id is {}, which cannot be", fields.run_id));
  const std::uint64_t heap_bytes = usable_bytes(pool.file()) - pmdk::kHeapOffset;
  if (fields.heap_bytes == heap_bytes) return Status::ok();
  return corrupt(
      fmt::format("it is truncated, or was lengthened, or its heap's size is wrong: it has room for a heap "
                  "of {} bytes, and says {}",
                  heap_bytes, fields.heap_bytes));
}

}  // namespace

std::uint64_t usable_bytes(const BackedFile& file) {
  const std::uint64_t page = file.backing == Backing::devdax ? file.alignment : layout::kPageBytes;
  return file.bytes / page * page;
}

Status check_headers(const PoolBytes& pool) {
  MEMO_RETURN_IF_ERROR(check_pool_header(pool));
  MEMO_RETURN_IF_ERROR(check_descriptor(pool));
  return check_runtime_fields(pool);
}

}  // namespace memo
