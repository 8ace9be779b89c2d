#include "model/engine/process.h"

#include <dlfcn.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>

namespace memo {
namespace {

// Larger than any tensor of a forward pass: none gets a mapping of its own that would go back with it.
constexpr int kMmapThreshold = 1 << 30;
// The heap's top is given back only beyond this, in practice never.
constexpr int kTrimThreshold = 2'000'000'000;
// The heap grows in steps of this, so that warming up takes few of them. Where address space is limited they are
// smaller: a step that does not fit is memory that is not there.
int top_pad() {
  constexpr rlim_t kMost = 256 << 20;
  constexpr rlim_t kSteps = 64;
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kMost;
  return static_cast<int>(std::min(kMost, limit.rlim_cur / kSteps));
}

// oneDNN runs on OpenMP; LibTorch, where a program brings it, on OpenMP and a BLAS that may have threads of its
// own. Which libraries are there is decided when the process starts, so this asks the process instead of linking
// them.
using SetThreads = void (*)(int);
SetThreads find_function(const char* name) {
  return reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, name));
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

void use_one_thread_here() {
  static const SetThreads kSetters[] = {find_function("omp_set_num_threads"),
                                        find_function("openblas_set_num_threads")};
  for (const SetThreads set_threads : kSetters)
    if (set_threads != nullptr) set_threads(1);
}

}  // namespace memo
