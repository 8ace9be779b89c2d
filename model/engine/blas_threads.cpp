// Keeps OpenBLAS, which LibTorch brings along and nobody here uses, from starting threads.
//
// OpenBLAS starts one thread per core in its constructor, before main. Where a container's limit allows fewer, it
// prints lines and raises SIGINT. It counts the cores that the process may run on, so the process may run on one
// core only while the libraries' constructors run: .preinit_array runs before them, a constructor of the program
// itself after them. The alternative is an environment variable (OPENBLAS_NUM_THREADS), but a program can set it
// for itself only by running itself again.
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace memo {
namespace {

cpu_set_t cores;  // that the process may run on
bool is_narrowed = false;

// Uses system calls alone: no library is initialized yet, nor are sanitizers.
void narrow_to_one_core(int, char**, char**) {
  if (::syscall(SYS_sched_getaffinity, 0, sizeof(cores), &cores) <= 0) return;
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &cores)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    is_narrowed = ::syscall(SYS_sched_setaffinity, 0, sizeof(one), &one) == 0;
    return;
  }
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)(int, char**,
                                                                             char**) = narrow_to_one_core;

[[gnu::constructor]] void widen_again() {
  if (is_narrowed) ::syscall(SYS_sched_setaffinity, 0, sizeof(cores), &cores);
}

}  // namespace

void keep_blas_single_threaded() {}

}  // namespace memo
