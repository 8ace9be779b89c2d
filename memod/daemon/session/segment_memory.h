// SegmentMemory: the shared memory of one session, as the daemon makes it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "client/protocol/mapping.h"
#include "client/protocol/segment.h"
#include "client/protocol/unique_fd.h"
#include "memo/status.h"

namespace memo {

// A memfd of fixed size: sealed against shrinking and growing before anyone else sees it, so that no access within
// the mapping can fault, and against further seals.
class SegmentMemory {
 public:
  // Errors: internal (no descriptor or address space left).
  static Result<SegmentMemory> create(const segment::Layout& layout);

  std::span<std::byte> lookup_ring() const;
  std::span<std::byte> publish_ring() const;
  std::span<std::atomic<std::uint64_t>> lease_words() const;
  std::span<const std::byte> drafts() const;

  int fd() const { return fd_.get(); }
  // Once the client has the descriptor, the daemon needs only the mapping.
  void close_fd() { fd_ = UniqueFd(); }

 private:
  SegmentMemory(UniqueFd fd, Mapping mapping, const segment::Layout& layout);

  UniqueFd fd_;
  Mapping mapping_;
  segment::Layout layout_;
};

}  // namespace memo
