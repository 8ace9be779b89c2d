#include "memod/store/memory/process.h"

#include <malloc.h>

namespace memo {

void give_freed_memory_back() {
  constexpr int kMapped = 256 << 10;  // from this size on an allocation is a mapping of its own
  ::mallopt(M_MMAP_THRESHOLD, kMapped);
}

}  // namespace memo
