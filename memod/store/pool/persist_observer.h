// PersistObserver: sees what a pool makes persistent. It does not include PMDK, because the options of pools and
// stores hold it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace memo {

// Events that a test watches, or at which it kills the process. Offsets are bytes from the start of the pool.
// Threads: the thread that stores calls it.
class PersistObserver {
 public:
  virtual ~PersistObserver() = default;
  // The bytes are about to be stored. They may last from now on, in any order among those since the last fence;
  // they surely do after `flushed` and then `fenced`.
  virtual void storing(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  virtual void flushed(std::uint64_t offset, std::uint64_t bytes) = 0;
  virtual void fenced() = 0;
  // A transaction of libpmemobj, which happens wholly or not at all, is about to begin (the pool has been
  // examined), to commit, or has committed.
  virtual void beginning(const char* /*what*/) {}
  virtual void committing(const char* what) = 0;
  virtual void committed(const char* what) = 0;
};

}  // namespace memo
