#include "model/engine/process.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <malloc.h>

namespace memo {
namespace {

// Larger than any tensor of a forward pass: none gets a mapping of its own that would go back with it.
constexpr int kMmapThreshold = 1 << 30;
// The heap's top is given back only beyond this, in practice never.
constexpr int kTrimThreshold = 2'000'000'000;
// The heap grows in steps of this, so that warming up takes few of them.
constexpr int kTopPad = 256 << 20;

// OpenBLAS starts threads of its own beside LibTorch's. Which BLAS LibTorch runs on is decided when the process
// starts, so this asks the process instead of linking one.
void use_one_blas_thread() {
  using SetThreads = void (*)(int);
  static const auto set_threads = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_threads != nullptr) set_threads(1);
}

}  // namespace

void configure_process_for_inference() {
  keep_blas_single_threaded();
  mallopt(M_MMAP_THRESHOLD, kMmapThreshold);
  mallopt(M_TRIM_THRESHOLD, kTrimThreshold);
  mallopt(M_TOP_PAD, kTopPad);
  // Worker threads share the one heap that keeps its pages; an arena a thread is trimmed by rules of its own.
  mallopt(M_ARENA_MAX, 1);
  use_one_thread_here();
}

void release_freed_memory() {
  malloc_trim(0);
}

void use_one_thread_here() {
  at::set_num_threads(1);  // of this thread's OpenMP regions, in whatever library
  use_one_blas_thread();
}

}  // namespace memo
