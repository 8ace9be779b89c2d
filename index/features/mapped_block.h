// MappedBlock: memory directly from the kernel, on huge pages where the kernel gives them.
#pragma once

#include <cstddef>

namespace memo {

// Asks the kernel for huge pages for all whole ones within [begin, begin + bytes). A search touches memory at
// random, and with pages of 4 KiB each touch also reads a page table. Harmless where it has no effect.
void advise_huge_pages(void* begin, std::size_t bytes);

// Zeros that take no memory before they are written. Threads: as those of the bytes.
class MappedBlock {
 public:
  enum class Pages { small, huge };

  // Starts at a multiple of 2 MiB. Errors: std::bad_alloc.
  MappedBlock(std::size_t bytes, Pages pages);
  ~MappedBlock();
  MappedBlock(MappedBlock&& other) noexcept;
  MappedBlock& operator=(MappedBlock&& other) noexcept;

  std::byte* data() const { return data_; }
  std::size_t size() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace memo
