// memod changes a pool with small transactions, one at a time: their logs need no extension, and after a crash one
// lane at most holds an unfinished one. libpmemobj does not check a log: it walks on while there are entries, by
// the sizes that they state, and follows `next` wherever that points.
#include "memod/store/pool/examine/logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "memod/store/pool/examine/headers.h"
#include "memod/store/pool/examine/pmdk_format.h"

namespace memo {
namespace {

// A log in the copy of a lane.
struct Log {
  std::string_view name;
  std::uint64_t lane = 0;
  pmdk::LogHeader header{};
  std::span<const std::byte> bytes{};    // header and entries
  std::span<const std::byte> entries{};  // all that there is room for

  Status corrupt(std::string_view field, std::uint64_t value) const {
    return {StatusCode::corrupt,
            fmt::format("lane {} of libpmemobj: {}: {} is {}, which cannot be", lane, name, field, value)};
  }
  template <typename Record>
  Record at(std::uint64_t offset) const {
    Record record;
    std::memcpy(&record, entries.data() + offset, sizeof(record));
    return record;
  }
};

Log log_in(std::string_view name, std::uint64_t lane, std::span<const std::byte> bytes) {
  Log log{.name = name, .lane = lane, .bytes = bytes, .entries = bytes.subspan(sizeof(pmdk::LogHeader))};
  std::memcpy(&log.header, bytes.data(), sizeof(log.header));
  return log;
}

Status check_header(const Log& log) {
  if (log.header.next != 0) return log.corrupt("next", log.header.next);
  if (log.header.capacity % pmdk::kLogAlignment != 0 || log.header.capacity > log.entries.size())
    return log.corrupt("capacity", log.header.capacity);
  return Status::ok();
}

// A word that a transaction of memod may change: root and its size, the generation of an undo log, a chunk's
// header.
bool is_redo_target(std::uint64_t offset, std::uint64_t pool_bytes) {
  if (offset % sizeof(std::uint64_t) != 0 || offset > pool_bytes - sizeof(std::uint64_t)) return false;
  if (offset == pmdk::kRuntimeOffset + offsetof(pmdk::RuntimeFields, root_offset) ||
      offset == pmdk::kRuntimeOffset + offsetof(pmdk::RuntimeFields, root_bytes))
    return true;
  if (offset >= pmdk::kLanesOffset && offset < pmdk::kHeapOffset)
    return (offset - pmdk::kLanesOffset) % sizeof(pmdk::Lane) ==
           offsetof(pmdk::Lane, undo) + offsetof(pmdk::LogHeader, generation);
  return offset >= pmdk::kZonesOffset &&
         (offset - pmdk::kZonesOffset) % pmdk::kZoneBytes >= sizeof(pmdk::ZoneHeader) &&
         (offset - pmdk::kZonesOffset) % pmdk::kZoneBytes < pmdk::kZoneTableBytes;
}

std::uint64_t outcome(const pmdk::RedoEntry& entry, std::uint64_t word) {
  switch (pmdk::operation_of(entry.target)) {
    case pmdk::Operation::clear_bits:
      return word & entry.value;
    case pmdk::Operation::set_bits:
      return word | entry.value;
    default:
      return entry.value;
  }
}

Status redo(PoolBytes& pool, const Log& log, const pmdk::RedoEntry& entry) {
  const std::uint64_t offset = entry.target & pmdk::kTargetMask;
  if (!is_redo_target(offset, usable_bytes(pool.file()))) return log.corrupt("target", offset);
  std::uint64_t word = 0;
  MEMO_RETURN_IF_ERROR(pool.read_into(offset, word));
  word = outcome(entry, word);
  pool.change(offset, std::as_bytes(std::span(&word, 1)));
  return Status::ok();
}

// The entries up to the first empty one, in the order in which libpmemobj reads them.
Status read_redo_entries(const Log& log, std::vector<pmdk::RedoEntry>& entries) {
  for (std::uint64_t at = 0; at < log.header.capacity; at += sizeof(pmdk::RedoEntry)) {
    const auto entry = log.at<pmdk::RedoEntry>(at);
    if (entry.target == 0) break;
    if (pmdk::operation_of(entry.target) > pmdk::Operation::set_bits) return log.corrupt("target", entry.target);
    entries.push_back(entry);
  }
  return Status::ok();
}

bool has_right_checksum(const Log& log, std::size_t entry_count) {
  std::vector<std::byte> bytes(
      log.bytes.begin(), log.bytes.begin() + static_cast<std::ptrdiff_t>(sizeof(pmdk::LogHeader) +
                                                                         entry_count * sizeof(pmdk::RedoEntry)));
  std::fill_n(bytes.begin(), sizeof(log.header.checksum), std::byte{});
  return log.header.checksum == pmdk::checksum(bytes);
}

// A log that fails its checksum was not complete when the process died, and is left alone.
Status recover_redo_log(PoolBytes& pool, const Log& log) {
  MEMO_RETURN_IF_ERROR(check_header(log));
  std::vector<pmdk::RedoEntry> entries;
  MEMO_RETURN_IF_ERROR(read_redo_entries(log, entries));
  if (entries.empty() || !has_right_checksum(log, entries.size())) return Status::ok();
  for (const pmdk::RedoEntry& entry : entries) MEMO_RETURN_IF_ERROR(redo(pool, log, entry));
  return Status::ok();
}

std::uint64_t undo_checksum(const Log& log, std::uint64_t at, std::uint64_t bytes) {
  std::vector<std::byte> entry(log.entries.begin() + static_cast<std::ptrdiff_t>(at),
                               log.entries.begin() + static_cast<std::ptrdiff_t>(at + bytes));
  std::fill_n(entry.begin() + offsetof(pmdk::UndoEntryHeader, checksum), sizeof(std::uint64_t), std::byte{});
  return pmdk::checksum(std::as_bytes(std::span(&log.header.generation, 1)), pmdk::checksum(entry));
}

// Whole cache lines; 0 when the entry would leave the log.
std::uint64_t undo_entry_bytes(const pmdk::UndoEntryHeader& entry, std::uint64_t room) {
  if (entry.bytes > room) return 0;
  const std::uint64_t bytes =
      (sizeof(entry) + entry.bytes + pmdk::kLogAlignment - 1) / pmdk::kLogAlignment * pmdk::kLogAlignment;
  return bytes <= room ? bytes : 0;
}

// memod's transactions restore bytes of the root object only.
bool is_in_root(std::uint64_t offset, std::uint64_t bytes, const pmdk::RuntimeFields& fields) {
  return offset >= fields.root_offset && offset - fields.root_offset <= fields.root_bytes &&
         bytes <= fields.root_bytes - (offset - fields.root_offset);
}

Status recover_undo_log(PoolBytes& pool, const Log& log, const pmdk::RuntimeFields& fields) {
  MEMO_RETURN_IF_ERROR(check_header(log));
  if (log.header.capacity != log.entries.size()) return log.corrupt("capacity", log.header.capacity);
  for (std::uint64_t at = 0; at < log.header.capacity;) {
    const auto entry = log.at<pmdk::UndoEntryHeader>(at);
    if (entry.target == 0) break;
    if (pmdk::operation_of(entry.target) != pmdk::Operation::restore) return log.corrupt("target", entry.target);
    const std::uint64_t bytes = undo_entry_bytes(entry, log.header.capacity - at);
    if (bytes == 0) return log.corrupt("entry's size", entry.bytes);
    // The entry is from an earlier transaction, or was not complete when the process died.
    if (entry.checksum != undo_checksum(log, at, bytes)) break;
    const std::uint64_t offset = entry.target & pmdk::kTargetMask;
    if (!is_in_root(offset, entry.bytes, fields)) return log.corrupt("target", offset);
    pool.change(offset, log.entries.subspan(at + sizeof(entry), entry.bytes));
    at += bytes;
  }
  return Status::ok();
}

Status recover_redo_logs(PoolBytes& pool, std::uint64_t number, std::span<const std::byte> lane) {
  constexpr std::size_t kExternal = offsetof(pmdk::Lane, external);
  constexpr std::size_t kUndo = offsetof(pmdk::Lane, undo);
  MEMO_RETURN_IF_ERROR(recover_redo_log(pool, log_in("internal redo log", number, lane.first(kExternal))));
  return recover_redo_log(pool, log_in("external redo log", number, lane.subspan(kExternal, kUndo - kExternal)));
}

}  // namespace

// All redo logs come before the first undo log, as they may end the transaction that an undo log belongs to.
Status recover_logs(PoolBytes& pool) {
  std::vector<std::byte> lanes(pmdk::kLaneCount * sizeof(pmdk::Lane));
  const auto lane = [&](std::uint64_t number) {
    return std::span<const std::byte>(lanes).subspan(number * sizeof(pmdk::Lane), sizeof(pmdk::Lane));
  };
  MEMO_RETURN_IF_ERROR(pool.read(pmdk::kLanesOffset, lanes));
  for (std::uint64_t number = 0; number < pmdk::kLaneCount; ++number)
    MEMO_RETURN_IF_ERROR(recover_redo_logs(pool, number, lane(number)));

  if (pool.is_changed()) MEMO_RETURN_IF_ERROR(pool.read(pmdk::kLanesOffset, lanes));
  pmdk::RuntimeFields fields;
  MEMO_RETURN_IF_ERROR(pool.read_into(pmdk::kRuntimeOffset, fields));
  for (std::uint64_t number = 0; number < pmdk::kLaneCount; ++number) {
    const Log undo = log_in("undo log", number, lane(number).subspan(offsetof(pmdk::Lane, undo)));
    MEMO_RETURN_IF_ERROR(recover_undo_log(pool, undo, fields));
  }
  return Status::ok();
}

}  // namespace memo
