// DraftArea: hands out pieces of a session's staging memory.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace memo {

// First fit over granules: drafts are few, large, short-lived and mostly of one size. So a scan of the bitmap is
// cheap, and the area does not stay fragmented.
//
// Units: bytes, from the start of the area. Threads: any.
class DraftArea {
 public:
  // Requires: bytes is a multiple of granule.
  DraftArea(std::uint64_t bytes, std::uint64_t granule);

  // Offset of `bytes` bytes of free memory, a multiple of the granule; nothing when there is no such run.
  // Requires: bytes > 0.
  std::optional<std::uint64_t> allocate(std::uint64_t bytes);

  // Requires: allocate(bytes) returned `offset` and it was not freed since.
  void free(std::uint64_t offset, std::uint64_t bytes);

  std::uint64_t bytes() const { return used_.size() * granule_; }
  std::uint64_t free_bytes() const;

 private:
  std::uint64_t granules(std::uint64_t bytes) const { return (bytes + granule_ - 1) / granule_; }
  void mark(std::uint64_t first, std::uint64_t count, bool used);

  const std::uint64_t granule_;
  mutable std::mutex mutex_;
  std::vector<bool> used_;  // under mutex_, by granule; its size is fixed
};

}  // namespace memo
