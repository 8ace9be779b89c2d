#include "model/layers/huge_buffer.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>
#include <utility>

namespace memo {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t round_up(std::size_t bytes) {
  return (bytes + kHugePage - 1) / kHugePage * kHugePage;
}

}  // namespace

HugeBuffer::~HugeBuffer() {
  release();
}

HugeBuffer::HugeBuffer(HugeBuffer&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      mapped_bytes_(std::exchange(other.mapped_bytes_, 0)),
      begin_(std::exchange(other.begin_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

void HugeBuffer::release() {
  if (mapping_ != nullptr) munmap(mapping_, mapped_bytes_);
  mapping_ = nullptr;
  bytes_ = 0;
}

std::byte* HugeBuffer::reserve(std::size_t bytes) {
  if (bytes <= bytes_) return begin_;
  release();
  const std::size_t rounded = round_up(bytes);
  void* mapping = mmap(nullptr, rounded + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  mapping_ = mapping;
  mapped_bytes_ = rounded + kHugePage;
  const auto address = reinterpret_cast<std::uintptr_t>(mapping);
  begin_ = static_cast<std::byte*>(mapping) + (round_up(address) - address);
  bytes_ = rounded;
  // Both are hints. Without huge pages, small pages fault one by one, but now and not in a forward pass.
  madvise(begin_, bytes_, MADV_HUGEPAGE);
  madvise(begin_, bytes_, MADV_POPULATE_WRITE);
  return begin_;
}

}  // namespace memo
