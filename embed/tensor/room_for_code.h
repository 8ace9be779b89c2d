// Room for what oneDNN makes: it generates code, and does not ask whether it got memory for it.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace memo {

// Throws std::bad_alloc where the address space has no room for some more. Call before oneDNN makes a primitive; takes two
// system calls. Threads: any; what another takes meanwhile is not seen.
inline void require_room_for_code() {
  constexpr std::size_t kBytes = 32 << 20;
  void* const room = ::mmap(nullptr, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) throw std::bad_alloc();
  ::munmap(room, kBytes);
}

}  // namespace memo
