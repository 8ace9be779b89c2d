#include "memod/store/pool/persist.h"

#include <xxhash.h>

#include <cstring>

namespace memo {

void Persist::persist(const void* address, std::size_t bytes) const {
  if (is_pmem_)
    pmem_persist(address, bytes);
  else
    (void)pmem_msync(address, bytes);
}

void Persist::store_bytes(std::byte* target, std::span<const std::byte> bytes, unsigned flags) const {
  if (is_pmem_) {
    pmem_memcpy(target, bytes.data(), bytes.size(), flags);
  } else {
    std::memcpy(target, bytes.data(), bytes.size());
    (void)pmem_msync(target, bytes.size());
  }
}

void Persist::copy(std::byte* target, std::span<const std::byte> bytes) const {
  if (observer_ != nullptr) observer_->storing(offset(target), bytes);
  store_bytes(target, bytes, PMEM_F_MEM_NODRAIN);
  if (observer_ != nullptr) observer_->flushed(offset(target), bytes.size());
}

std::uint64_t Persist::copy_hashed(std::byte* target, std::span<const std::byte> bytes) const {
  if (observer_ != nullptr) observer_->storing(offset(target), bytes);
  const std::uint64_t hash =
      stream_ != nullptr ? hashed_copy(target, bytes, stream_) : copy_then_hash(target, bytes);
  if (observer_ != nullptr) observer_->flushed(offset(target), bytes.size());
  return hash;
}

// This hash reads back from memory what the copy has sent there: half as fast.
std::uint64_t Persist::copy_then_hash(std::byte* target, std::span<const std::byte> bytes) const {
  store_bytes(target, bytes, PMEM_F_MEM_NODRAIN | PMEM_F_MEM_NONTEMPORAL);
  return XXH3_64bits(target, bytes.size());
}

// A store fence of our own: on a CPU whose cache flush orders by itself, libpmem takes none, and it does not know
// of the stores of hashed_copy().
void Persist::fence() const {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
  if (is_pmem_) pmem_drain();
  if (observer_ != nullptr) observer_->fenced();
}

void Persist::store(std::atomic<std::uint64_t>& target, std::uint64_t word) const {
  if (observer_ != nullptr) observer_->storing(offset(&target), std::as_bytes(std::span(&word, 1)));
  target.store(word, std::memory_order_release);
  persist(&target, sizeof(word));
  if (observer_ == nullptr) return;
  observer_->flushed(offset(&target), sizeof(word));
  observer_->fenced();
}

std::uint64_t Persist::offset(const void* address) const {
  return static_cast<std::uint64_t>(static_cast<const std::byte*>(address) -
                                    reinterpret_cast<const std::byte*>(pool_));
}

}  // namespace memo
