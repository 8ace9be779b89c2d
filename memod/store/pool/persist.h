// Persist: every store into a pool that must last goes through here, in the order in which it is made persistent.
// libpmemobj's own transactions are the exception: each is one event. libpmem does the work, not libpmemobj: the
// latter would call functions through pointers in the pool's file.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "memod/store/pool/format/pmem.h"
#include "memod/store/pool/hashed_copy.h"
#include "memod/store/pool/persist_observer.h"

namespace memo {

// Threads: any, on different bytes.
class Persist {
 public:
  // `is_pmem`: flushed cache lines are enough; else each store takes an msync. `stream`: how hashed_copy() stores;
  // null where the CPU has no such instructions. Not used unless is_pmem.
  // Lifetime: pool and observer outlive this. A null observer costs a branch.
  Persist(PMEMobjpool* pool, PersistObserver* observer, bool is_pmem, StreamStripes stream)
      : pool_(pool), observer_(observer), is_pmem_(is_pmem), stream_(is_pmem ? stream : nullptr) {}

  // Persistent on return.
  void persist(const void* address, std::size_t bytes) const;
  // Persistent after the next fence().
  void copy(std::byte* target, std::span<const std::byte> bytes) const;
  // The same past the cache, up to the next multiple of 64. Returns XXH3-64 of the stored bytes, even if `bytes`
  // changes meanwhile. Requires: as hashed_copy().
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
