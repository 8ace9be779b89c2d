// The part of a pool that libpmemobj reads when it opens one: its format 6, little endian.
//
// Source: the headers pool_hdr.h, obj.h, lane.h, ulog.h and heap_layout.h of PMDK 1.12; the format is the same
// since 1.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace memo::pmdk {

inline constexpr std::uint32_t kMajorVersion = 6;

// At byte 0. The checksum covers the first 2 KiB only, where kChecksumOf2KiB is among the features.
struct PoolHeader {
  char signature[8];  // "PMEMOBJ"
  std::uint32_t major;
  std::uint32_t compatible_features;
  std::uint32_t incompatible_features;
  std::uint32_t read_only_features;
  std::uint8_t uuids[96];  // of set, file, previous and next part, previous and next replica
  std::uint64_t created_unix_s;
  std::uint8_t architecture[16];
  std::uint8_t unused[1904];
  std::uint8_t unchecked[1976];
  std::uint8_t shutdown_state[64];
  std::uint64_t checksum;
};
static_assert(sizeof(PoolHeader) == 4096 && offsetof(PoolHeader, unchecked) == 2048);
inline constexpr std::uint32_t kChecksumOf2KiB = 2;

// At kDescriptorOffset. The checksum covers all of it; what follows is covered by none.
struct Descriptor {
  char layout[1024];
  std::uint64_t lanes_offset;
  std::uint64_t lane_count;
  std::uint64_t heap_offset;
  std::uint64_t unused[124];
  std::uint64_t checksum;
};
static_assert(sizeof(Descriptor) == 2048 && offsetof(Descriptor, checksum) == 2040);
inline constexpr std::uint64_t kDescriptorOffset = 4096;

// At kRuntimeOffset. Behind it lies what libpmemobj zeroes whenever it opens a pool.
struct RuntimeFields {
  std::uint64_t root_offset;
  std::uint64_t run_id;  // even
  std::uint64_t root_bytes;
  std::uint64_t conversion_flags;
  std::uint64_t heap_bytes;
};
static_assert(sizeof(RuntimeFields) == 40);
inline constexpr std::uint64_t kRuntimeOffset = 6144;

// The header of a log; its entries follow. Two kinds of log are read:
// - redo: entries of 16 bytes {operation and offset, value}. Applied at opening when the checksum of header and
//   entries is right, a crash having come between storing it and clearing it. Cleared ones have capacity 0.
// - undo: entries in whole cache lines, each with a checksum of its own that includes the log's generation.
//   Applied at opening when that is right. A transaction that ends increments the generation.
struct LogHeader {
  std::uint64_t checksum;
  std::uint64_t next;      // offset of an extension, 0 for none
  std::uint64_t capacity;  // bytes of entries
  std::uint64_t generation;
  std::uint64_t flags;
  std::uint64_t unused[3];
};
static_assert(sizeof(LogHeader) == 64);

struct RedoEntry {
  std::uint64_t target;  // operation in the upper three bits, offset of an 8-byte word below
  std::uint64_t value;
};
struct UndoEntryHeader {
  std::uint64_t target;
  std::uint64_t checksum;  // of the whole entry, itself as zero, and of the generation
  std::uint64_t bytes;     // of what it restores, which follows
};
static_assert(sizeof(RedoEntry) == 16 && sizeof(UndoEntryHeader) == 24);

inline constexpr std::uint64_t kLogAlignment = 64;
inline constexpr std::uint64_t kTargetMask = (std::uint64_t{1} << 61) - 1;
enum class Operation : std::uint8_t { set = 0, clear_bits = 1, set_bits = 2, restore = 6 };
constexpr Operation operation_of(std::uint64_t target) {
  return static_cast<Operation>(target >> 61);
}

// At kLanesOffset, one for each transaction that may run at a time.
struct Lane {
  LogHeader internal;
  std::uint8_t internal_entries[192];
  LogHeader external;
  std::uint8_t external_entries[640];
  LogHeader undo;
  std::uint8_t undo_entries[2048];
};
static_assert(sizeof(Lane) == 3072);
inline constexpr std::uint64_t kLanesOffset = 8192;
inline constexpr std::uint64_t kLaneCount = 1024;

// At kHeapOffset.
struct HeapHeader {
  char signature[16];  // "MEMORY_HEAP_HDR"
  std::uint64_t major;
  std::uint64_t minor;
  std::uint64_t unused;
  std::uint64_t chunk_bytes;
  std::uint64_t chunks_in_zone;
  std::uint8_t reserved[960];
  std::uint64_t checksum;
};
static_assert(sizeof(HeapHeader) == 1024 && offsetof(HeapHeader, checksum) == 1016);
inline constexpr std::uint64_t kHeapOffset = kLanesOffset + kLaneCount * sizeof(Lane);

// Zones follow the heap's header without a gap: a header, one ChunkHeader for each of kChunksInZone chunks, the
// chunks. Only the last zone may have fewer chunks.
struct ZoneHeader {
  std::uint32_t magic;  // kZoneMagic; 0: never used
  std::uint32_t chunk_count;
  std::uint8_t reserved[56];
};
enum class ChunkType : std::uint16_t { footer = 1, free = 2, used = 3, run = 4, run_data = 5 };
// Only the header of the first chunk of each piece counts, and that of the last chunk of a free piece: a footer,
// with which its right neighbour finds it. The headers between them are stale.
struct ChunkHeader {
  ChunkType type;
  std::uint16_t flags;
  std::uint32_t chunk_count;  // of the piece
};
static_assert(sizeof(ZoneHeader) == 64 && sizeof(ChunkHeader) == 8);
inline constexpr std::uint64_t kZonesOffset = kHeapOffset + sizeof(HeapHeader);
inline constexpr std::uint32_t kZoneMagic = 0xC3F0A2D2;
inline constexpr std::uint64_t kChunksInZone = 65528;
inline constexpr std::uint64_t kChunkBytes = 256ull << 10;
inline constexpr std::uint64_t kZoneTableBytes = sizeof(ZoneHeader) + kChunksInZone * sizeof(ChunkHeader);
inline constexpr std::uint64_t kZoneBytes = kZoneTableBytes + kChunksInZone * kChunkBytes;
inline constexpr std::uint16_t kCompactObjectHeader = 1;  // the flag of a chunk whose object has an ObjectHeader

// At the start of an object that takes whole chunks; the object's offset is that of the byte after this header.
struct ObjectHeader {
  std::uint64_t bytes;  // this included; flags in the upper 16 bits
  std::uint64_t type;
};
static_assert(sizeof(ObjectHeader) == 16);
inline constexpr std::uint64_t kObjectBytesMask = (std::uint64_t{1} << 48) - 1;

// libpmemobj's checksum, a Fletcher sum of 32-bit words, continued from `sum`. Requires: whole words.
std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t sum = 0);

// A record's own checksum. It lies in the record's last 8 bytes, which count as zero.
template <typename Record>
std::uint64_t checksum_of(Record record) {
  static_assert(std::is_trivially_copyable_v<Record> && offsetof(Record, checksum) == sizeof(Record) - 8);
  record.checksum = 0;
  return checksum(std::as_bytes(std::span(&record, 1)));
}

}  // namespace memo::pmdk
