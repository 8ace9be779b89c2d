// Whether there is room for memory that a library takes without checking whether it got it.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace memo {

// Takes two system calls. Threads: any; it does not see what another thread takes meanwhile.
inline bool has_address_space(std::size_t bytes) {
  void* const room = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return false;
  ::munmap(room, bytes);
  return true;
}

// Throws std::bad_alloc where there is none. Threads: as has_address_space().
inline void require_address_space(std::size_t bytes) {
  if (!has_address_space(bytes)) throw std::bad_alloc();
}

}  // namespace memo
