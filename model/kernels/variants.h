// The tables that select.cpp chooses from; each exists where CMake compiles its file.
#pragma once

#include "model/kernels/kernels.h"

namespace memo {

extern const Kernels kAvx512Bf16Kernels;
extern const Kernels kAvx512EmulatedBf16Kernels;
extern const Kernels kAvx512VnniKernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kAvx2VnniKernels;
extern const Kernels kAvx2EvexVnniKernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kBaselineKernels;

}  // namespace memo
