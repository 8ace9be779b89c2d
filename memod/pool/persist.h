// Persist: every store into a pool that must last goes through here, in the order in which it is made to last.
// libpmemobj's own transactions are the exception: they come as one event.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "memod/pool/persist_observer.h"
#include "memod/pool/pmem.h"

namespace memo {

// Threads: any, on different bytes.
class Persist {
 public:
  // Lifetime: both outlive this. A null observer costs a branch.
  Persist(PMEMobjpool* pool, PersistObserver* observer) : pool_(pool), observer_(observer) {}

  // Persistent after the next fence(). Streamed stores bypass the cache.
  void copy(std::byte* target, std::span<const std::byte> bytes) const { copy(target, bytes, 0); }
  void copy_streamed(std::byte* target, std::span<const std::byte> bytes) const {
    copy(target, bytes, PMEMOBJ_F_MEM_NONTEMPORAL);
  }
  void fence() const;
  // One 8-byte store, released to readers and persistent on return.
  void store(std::atomic<std::uint64_t>& target, std::uint64_t word) const;

  PMEMobjpool* pool() const { return pool_; }
  PersistObserver* observer() const { return observer_; }

 private:
  void copy(std::byte* target, std::span<const std::byte> bytes, unsigned flags) const;
  std::uint64_t offset(const void* address) const;

  PMEMobjpool* pool_;
  PersistObserver* observer_;
};

}  // namespace memo
