#include "index/features/mapped_block.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>
#include <utility>

namespace memo {
namespace {

constexpr std::uintptr_t kHugePage = 2 << 20;

std::uintptr_t round_up(std::uintptr_t address) {
  return (address + kHugePage - 1) / kHugePage * kHugePage;
}

}  // namespace

void advise_huge_pages(void* begin, std::size_t bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t first = round_up(address);
  const std::uintptr_t end = (address + bytes) / kHugePage * kHugePage;
  if (first < end) ::madvise(static_cast<std::byte*>(begin) + (first - address), end - first, MADV_HUGEPAGE);
}

MappedBlock::MappedBlock(std::size_t bytes, Pages pages) : bytes_(bytes) {
  constexpr std::uintptr_t kPage = 4096;
  const std::size_t whole_pages = (bytes + kPage - 1) / kPage * kPage;
  void* mapped =
      ::mmap(nullptr, whole_pages + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  // The pages before and after it go back to the kernel.
  const auto address = reinterpret_cast<std::uintptr_t>(mapped);
  const std::uintptr_t start = round_up(address);
  if (start > address) ::munmap(mapped, start - address);
  const std::uintptr_t spare = address + kHugePage - start;
  data_ = static_cast<std::byte*>(mapped) + (start - address);
  if (spare > 0) ::munmap(data_ + whole_pages, spare);
  if (pages == Pages::huge)
    advise_huge_pages(data_, whole_pages);
  else
    ::madvise(data_, whole_pages, MADV_NOHUGEPAGE);
}

MappedBlock::~MappedBlock() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

MappedBlock::MappedBlock(MappedBlock&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

MappedBlock& MappedBlock::operator=(MappedBlock&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

}  // namespace memo
