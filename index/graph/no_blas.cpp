// The one BLAS function that the linked part of FAISS names: rand_smooth_vectors() multiplies matrices, and
// nothing here calls it. With a real BLAS, every process that searches would load OpenBLAS, which starts threads
// before main. The symbol is hidden: other code in the process that needs BLAS gets a real one.
#include <cstdlib>

extern "C" [[noreturn, gnu::visibility("hidden")]] void sgemm_() {
  std::abort();
}
