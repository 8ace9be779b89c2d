// The instruction sets that index/distance/l2_kernels.inc is compiled for.
#pragma once

#include "index/distance/l2.h"

namespace memo {

extern const L2Variant kL2Portable;
#if defined(__x86_64__)
extern const L2Variant kL2Avx2;
extern const L2Variant kL2Avx512;
#endif

}  // namespace memo
