// The layout of a session's shared segment: two rings, the lease words, the draft area.
//
// Both sides compute it from the two numbers of the attach reply, so shared memory never describes its own layout.
// The segment is a memfd sealed against growing and shrinking before it is sent: neither side can make the other
// fault on it.
//
//   | lookup ring | publish ring | lease words | drafts |      each part starts on a 4 KiB page
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace memo::segment {

inline constexpr std::uint32_t kLookupCells = 16;
inline constexpr std::uint32_t kPublishCells = 128;
inline constexpr std::uint32_t kLookupRequestBytes = 48 << 10;
inline constexpr std::uint32_t kLookupReplyBytes = 8 << 10;
inline constexpr std::uint32_t kPublishRequestBytes = 2 << 10;
inline constexpr std::uint32_t kPublishReplyBytes = 256;
inline constexpr std::uint32_t kMaxItemsPerLookup = 32;
inline constexpr std::uint32_t kMaxAnswersPerLookup = 96;  // of all items together
inline constexpr std::uint64_t kDraftGranule = 64 << 10;
inline constexpr std::uint64_t kMaxDraftBytes = 4ull << 30;
inline constexpr std::uint32_t kMaxLeases = 65536;

// The sizes of one ring.
struct RingShape {
  std::uint32_t cells;
  std::uint32_t request_bytes;
  std::uint32_t reply_bytes;
  std::uint64_t reply_offset() const;  // of the reply bytes, from the start of a cell
  std::uint64_t cell_bytes() const;    // from cell to cell; the first one follows the doorbell
  std::uint64_t total_bytes() const;
};
inline constexpr RingShape kLookupRing{kLookupCells, kLookupRequestBytes, kLookupReplyBytes};
inline constexpr RingShape kPublishRing{kPublishCells, kPublishRequestBytes, kPublishReplyBytes};
// Request numbers are 31 bits in a phase word: a wrapped number must still fall on its cell.
static_assert((kLookupCells & (kLookupCells - 1)) == 0 && (kPublishCells & (kPublishCells - 1)) == 0);

struct Layout {
  std::uint64_t lookup_ring = 0;
  std::uint64_t publish_ring = 0;
  std::uint64_t leases = 0;  // std::atomic<uint64_t>[lease_count]
  std::uint64_t drafts = 0;
  std::uint64_t total_bytes = 0;
  std::uint32_t lease_count = 0;
  std::uint64_t draft_bytes = 0;

  // Requires: lease_count <= kMaxLeases; draft_bytes <= kMaxDraftBytes, a multiple of kDraftGranule.
  static Layout make(std::uint64_t draft_bytes, std::uint32_t lease_count);
};

// The words at the start of a ring.
struct alignas(64) Doorbell {
  std::atomic<std::uint32_t> submitted;      // requests ever submitted; the daemon's futex
  std::atomic<std::uint32_t> daemon_sleeps;  // 1: wake it after submitting
};

// The words at the start of a cell; request bytes, then reply bytes follow, each 64-byte aligned.
struct alignas(64) CellHeader {
  // 2·n + 1: request n is in the cell; 2·n + 2: its reply is. n counts from 0, request n goes to cell
  // n modulo cells; the client's futex.
  std::atomic<std::uint32_t> phase;
  std::atomic<std::uint32_t> client_sleeps;  // 1: wake it after replying
  std::uint32_t request_size;                // bytes, a multiple of 8
  std::uint32_t reply_size;
};

}  // namespace memo::segment
