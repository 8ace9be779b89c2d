// Persist: every store into a pool that must last goes through here, in the order in which it is made to last.
// libpmemobj's own transactions are the exception: they come as one event. libpmem does the work, not libpmemobj, which
// would call what a pointer in the pool's file leads to.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "memod/pool/hashed_copy.h"
#include "memod/pool/persist_observer.h"
#include "memod/pool/pmem.h"

namespace memo {

// Threads: any, on different bytes.
class Persist {
 public:
  // `is_pmem`: flushed cache lines are enough; else each store takes an msync. `stream`: how hashed_copy() stores; null
  // where the CPU has no such instructions. Not used unless is_pmem.
  // Lifetime: pool and observer outlive this. A null observer costs a branch.
  Persist(PMEMobjpool* pool, PersistObserver* observer, bool is_pmem, StreamStripes stream)
      : pool_(pool), observer_(observer), is_pmem_(is_pmem), stream_(is_pmem ? stream : nullptr) {}

  // Persistent on return.
  void persist(const void* address, std::size_t bytes) const;
  // Persistent after the next fence().
  void copy(std::byte* target, std::span<const std::byte> bytes) const;
  // The same past the cache, up to the next multiple of 64. Answers XXH3-64 of what was stored, whoever changes `bytes`
  // meanwhile. Requires: as hashed_copy().
  std::uint64_t copy_hashed(std::byte* target, std::span<const std::byte> bytes) const;
  void fence() const;
  // One 8-byte store, released to readers and persistent on return.
  void store(std::atomic<std::uint64_t>& target, std::uint64_t word) const;

  PMEMobjpool* pool() const { return pool_; }
  PersistObserver* observer() const { return observer_; }

 private:
  void store_bytes(std::byte* target, std::span<const std::byte> bytes, unsigned flags) const;
  std::uint64_t copy_then_hash(std::byte* target, std::span<const std::byte> bytes) const;
  std::uint64_t offset(const void* address) const;

  PMEMobjpool* pool_;
  PersistObserver* observer_;
  bool is_pmem_;
  StreamStripes stream_;
};

}  // namespace memo
