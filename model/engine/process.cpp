#include "model/engine/process.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>

#include "model/engine/library_threads.h"

namespace memo {
namespace {

// Larger than any tensor of a forward pass: no tensor gets its own mapping, which would be unmapped with it.
constexpr int kMmapThreshold = 1 << 30;
// Free memory at the heap's top is returned to the system only above this size: in practice never.
constexpr int kTrimThreshold = 2'000'000'000;
// The heap grows in steps of this size, so that warming up takes few of them. Where address space is limited, steps
// are smaller: one that does not fit fails as a whole.
int top_pad() {
  constexpr rlim_t kMost = 256 << 20;
  constexpr rlim_t kSteps = 64;
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kMost;
  return static_cast<int>(std::min(kMost, limit.rlim_cur / kSteps));
}

}  // namespace

void configure_process_for_inference() {
  keep_blas_single_threaded();
  mallopt(M_MMAP_THRESHOLD, kMmapThreshold);
  mallopt(M_TRIM_THRESHOLD, kTrimThreshold);
  mallopt(M_TOP_PAD, top_pad());
  // Worker threads share the one heap that keeps its pages; an arena per thread would be trimmed by its own rules.
  mallopt(M_ARENA_MAX, 1);
  use_one_thread_here();
}

void release_freed_memory() {
  malloc_trim(0);
}

}  // namespace memo
