#include "model/engine/library_threads.h"

#include <dlfcn.h>

#include <cstddef>

namespace memo {
namespace {

// The two functions of a library; null where the process does not have it.
struct Library {
  int (*threads)();
  void (*set_threads)(int);
};

// oneDNN uses OpenMP. LibTorch, where a program brings it, uses OpenMP and a BLAS that may have threads of its own.
// Which of them a process has is known only once it has started, or has loaded this library. So this asks the
// process instead of linking them.
Library find_library(const char* threads, const char* set_threads) {
  return {reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, threads)),
          reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, set_threads))};
}

const std::array<Library, 2> kLibraries = {find_library("omp_get_max_threads", "omp_set_num_threads"),
                                           find_library("openblas_get_num_threads", "openblas_set_num_threads")};

}  // namespace

void use_one_thread_here() {
  for (const Library& library : kLibraries)
    if (library.set_threads != nullptr) library.set_threads(1);
}

BorrowedThread::BorrowedThread() {
  for (std::size_t i = 0; i < kLibraries.size(); ++i)
    before_[i] = kLibraries[i].threads != nullptr ? kLibraries[i].threads() : 0;
}

BorrowedThread::~BorrowedThread() {
  for (std::size_t i = 0; i < kLibraries.size(); ++i)
    if (kLibraries[i].set_threads != nullptr && before_[i] > 0) kLibraries[i].set_threads(before_[i]);
}

}  // namespace memo
