// The one BLAS function that what is linked of FAISS names: rand_smooth_vectors() multiplies matrices, and is called by
// nobody here. With a BLAS in its place, every process that searches would load OpenBLAS, which starts threads before
// main. Hidden: whoever else in the process wants BLAS gets a real one.
#include <cstdlib>

extern "C" [[noreturn, gnu::visibility("hidden")]] void sgemm_() {
  std::abort();
}
