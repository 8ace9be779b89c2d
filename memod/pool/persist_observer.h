// PersistObserver: sees what a pool makes to last. Free of PMDK, for it is given through the options of pools and stores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace memo {

// What a test watches, or kills the process at. Offsets are bytes from the start of the pool.
// Threads: called by whoever stores.
class PersistObserver {
 public:
  virtual ~PersistObserver() = default;
  // The bytes are about to be stored. They may last from now on, in any order among those since the last fence;
  // they surely do after `flushed` and then `fenced`.
  virtual void storing(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  virtual void flushed(std::uint64_t offset, std::uint64_t bytes) = 0;
  virtual void fenced() = 0;
  // A transaction of libpmemobj, which happens wholly or not at all, is about to begin (the pool has been examined), to
  // commit, or has committed.
  virtual void beginning(const char* /*what*/) {}
  virtual void committing(const char* what) = 0;
  virtual void committed(const char* what) = 0;
};

}  // namespace memo
