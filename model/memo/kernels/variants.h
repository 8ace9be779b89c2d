// The compiled variants of MapKernels; select.cpp chooses among them.
#pragma once

#include "model/memo/kernels/map_kernels.h"

namespace memo {

#if defined(__x86_64__)
extern const MapKernels kAvx512MapKernels;  // needs AVX-512 F, BW, DQ and VL
extern const MapKernels kAvx2MapKernels;    // needs AVX2 and FMA
#endif
extern const MapKernels kBaselineMapKernels;

}  // namespace memo
