#include "memod/pool/persist.h"

namespace memo {

void Persist::copy(std::byte* target, std::span<const std::byte> bytes, unsigned flags) const {
  if (observer_ != nullptr) observer_->storing(offset(target), bytes);
  pmemobj_memcpy(pool_, target, bytes.data(), bytes.size(), flags | PMEMOBJ_F_MEM_NODRAIN);
  if (observer_ != nullptr) observer_->flushed(offset(target), bytes.size());
}

void Persist::fence() const {
  pmemobj_drain(pool_);
  if (observer_ != nullptr) observer_->fenced();
}

void Persist::store(std::atomic<std::uint64_t>& target, std::uint64_t word) const {
  if (observer_ != nullptr) observer_->storing(offset(&target), std::as_bytes(std::span(&word, 1)));
  target.store(word, std::memory_order_release);
  pmemobj_persist(pool_, &target, sizeof(word));
  if (observer_ == nullptr) return;
  observer_->flushed(offset(&target), sizeof(word));
  observer_->fenced();
}

std::uint64_t Persist::offset(const void* address) const {
  return static_cast<std::uint64_t>(static_cast<const std::byte*>(address) -
                                    reinterpret_cast<const std::byte*>(pool_));
}

}  // namespace memo
