// The pool's persistent layout, version 2. docs/format.md explains it; the static_asserts hold it.
//
// All integers little endian. Offsets are bytes from the start of the pool file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "memo/types.h"

namespace memo::layout {

inline constexpr char kPmdkLayoutName[] = "memod";
inline constexpr std::uint64_t kMagic = 0x316c6f6f70646d6dULL;  // "mmdpool1"
inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::uint32_t kMaxSpaces = 256;
inline constexpr std::uint32_t kMaxExtents = 4096;
inline constexpr std::uint64_t kMinPoolBytes = 16ull << 20;
// Payloads of an extent of at least kLargeExtentBytes start on a huge page; of a smaller one on a page, where the
// gap before a huge page would cost a notable part of the pool.
inline constexpr std::uint64_t kPayloadAlignment = 2ull << 20;
inline constexpr std::uint64_t kLargeExtentBytes = 16 * kPayloadAlignment;
inline constexpr std::uint64_t kPageBytes = 4096;
// What libpmemobj puts before an object; its heap hands out large objects in chunks of 256 KiB, this included.
inline constexpr std::uint64_t kObjectHeaderBytes = 16;
inline constexpr std::uint64_t kChunkBytes = 256ull << 10;
// Objects of this size and more are whole chunks, which coalesce when they are freed. Smaller ones share runs of
// several chunks that serve one size only, and would strand what one space gives back.
inline constexpr std::uint64_t kMinExtentBytes = 2ull << 20;
// The root's object is large enough to get chunks of its own, instead of a run of 2 MiB that it would share with
// nobody.
inline constexpr std::uint64_t kRootObjectBytes = (512ull << 10) - kObjectHeaderBytes;
inline constexpr std::uint64_t kSlotAlignment = 64;

struct SpaceRecord {
  std::uint64_t model_high;
  std::uint64_t model_low;
  std::uint64_t payload_bytes;
  std::uint32_t kind;
  std::uint32_t encoding;
  std::uint32_t length_bucket;
  std::uint32_t heads;
  std::uint32_t feature_dimension;
  std::uint32_t reserved;
  std::uint64_t checksum;     // XXH3-64 over the fields above
  std::uint64_t quota_bytes;  // max. bytes of extents; 0: no limit. Changes in single stores
};
static_assert(sizeof(SpaceRecord) == 64);
static_assert(offsetof(SpaceRecord, model_low) == 8 && offsetof(SpaceRecord, payload_bytes) == 16);
static_assert(offsetof(SpaceRecord, kind) == 24 && offsetof(SpaceRecord, encoding) == 28);
static_assert(offsetof(SpaceRecord, length_bucket) == 32 && offsetof(SpaceRecord, heads) == 36);
static_assert(offsetof(SpaceRecord, feature_dimension) == 40 && offsetof(SpaceRecord, checksum) == 48);
static_assert(offsetof(SpaceRecord, quota_bytes) == 56);

struct ExtentRecord {
  std::uint64_t headers_start;   // the header array, behind the last slot
  std::uint64_t payload_object;  // the one object that holds slots and headers
  std::uint64_t payload_start;   // first slot, a multiple of kPageBytes inside the payload object
  std::uint64_t slot_stride;     // bytes from slot to slot, a multiple of 64
  std::uint32_t slot_count;      // 0: a vacant entry, all zeros
  std::uint32_t space;
  std::uint64_t checksum;  // XXH3-64 over the fields above
  std::uint64_t reserved[2];
};
static_assert(sizeof(ExtentRecord) == 64);
static_assert(offsetof(ExtentRecord, payload_object) == 8 && offsetof(ExtentRecord, payload_start) == 16);
static_assert(offsetof(ExtentRecord, slot_stride) == 24 && offsetof(ExtentRecord, slot_count) == 32);
static_assert(offsetof(ExtentRecord, space) == 36 && offsetof(ExtentRecord, checksum) == 40);

enum class SlotState : std::uint8_t { free = 0, live = 1 };

// One per slot, in an array at ExtentRecord::headers_start, apart from the payloads so that a scan reads no
// payload; the array of features [slot_count, feature_dimension] f32 follows it.
struct SlotHeader {
  std::uint64_t state_word;  // generation << 8 | SlotState; one ordered 8-byte store publishes a memo
  std::uint64_t key_high;
  std::uint64_t key_low;
  std::uint64_t payload_bytes;
  std::uint64_t payload_checksum;  // XXH3-64
  std::int64_t created_unix_ns;
  std::uint32_t layer;
  std::uint32_t length;
  float cost_us;
  std::uint32_t feature_checksum;  // low half of XXH3-64 over the feature
  std::uint64_t header_checksum;   // XXH3-64 over the fields above, state_word as when live
  // Change while the memo lives, each in single stores, so no checksum covers them:
  std::uint64_t flags;  // bit 0: pinned
  std::uint64_t usage;  // decayed hits and their time (memod/store/catalog/usage.h); written once a minute
  // Never changes, and is not covered either; 0, or out of range: 1
  float penalty;
  std::uint32_t reserved0;
  std::uint64_t reserved[4];
};
static_assert(sizeof(SlotHeader) == 128);
static_assert(offsetof(SlotHeader, key_high) == 8 && offsetof(SlotHeader, payload_bytes) == 24);
static_assert(offsetof(SlotHeader, payload_checksum) == 32 && offsetof(SlotHeader, created_unix_ns) == 40);
static_assert(offsetof(SlotHeader, layer) == 48 && offsetof(SlotHeader, length) == 52);
static_assert(offsetof(SlotHeader, cost_us) == 56 && offsetof(SlotHeader, feature_checksum) == 60);
static_assert(offsetof(SlotHeader, header_checksum) == 64 && offsetof(SlotHeader, flags) == 72);
static_assert(offsetof(SlotHeader, usage) == 80 && offsetof(SlotHeader, penalty) == 88);

inline constexpr std::uint64_t kPinned = 1;

struct Root {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t space_count;
  std::uint32_t extent_count;
  std::uint32_t reserved0;
  std::uint64_t uuid_high;
  std::uint64_t uuid_low;
  std::uint64_t opens;  // incremented by every open for writing
  std::int64_t created_unix_ns;
  std::uint64_t extent_bytes;  // size of a regular extent
  std::uint64_t checksum;      // XXH3-64 over magic, version, uuid, created_unix_ns, extent_bytes, in this order
  std::uint64_t reserved[119];
  SpaceRecord spaces[kMaxSpaces];
  ExtentRecord extents[kMaxExtents];
};
static_assert(std::is_trivially_copyable_v<Root>);
static_assert(sizeof(Root) <= kRootObjectBytes);
static_assert(offsetof(Root, version) == 8 && offsetof(Root, space_count) == 12);
static_assert(offsetof(Root, extent_count) == 16 && offsetof(Root, uuid_high) == 24);
static_assert(offsetof(Root, opens) == 40 && offsetof(Root, created_unix_ns) == 48);
static_assert(offsetof(Root, extent_bytes) == 56 && offsetof(Root, checksum) == 64);
static_assert(offsetof(Root, spaces) == 1024);
static_assert(offsetof(Root, extents) == 1024 + 64 * kMaxSpaces);

// Where the parts of an extent end: the least that its objects must hold.
constexpr std::uint64_t headers_bytes(std::uint64_t slot_count, std::uint64_t feature_dimension) {
  return slot_count * (sizeof(SlotHeader) + feature_dimension * sizeof(float));
}
constexpr std::uint64_t slot_stride(std::uint64_t payload_bytes) {
  return (payload_bytes + kSlotAlignment - 1) / kSlotAlignment * kSlotAlignment;
}

constexpr SlotState state_of(std::uint64_t word) {
  return static_cast<SlotState>(word & 0xff);
}
constexpr std::uint64_t generation_of(std::uint64_t word) {
  return word >> 8;
}
constexpr std::uint64_t make_state_word(std::uint64_t generation, SlotState state) {
  return generation << 8 | static_cast<std::uint64_t>(state);
}

}  // namespace memo::layout
