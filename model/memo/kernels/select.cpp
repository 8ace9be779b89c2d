#include "model/memo/kernels/variants.h"

namespace memo {
namespace {

#if defined(__x86_64__)
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

}  // namespace

std::vector<const MapKernels*> supported_map_kernels() {
  std::vector<const MapKernels*> kernels;
#if defined(__x86_64__)
  if (has_avx512()) kernels.push_back(&kAvx512MapKernels);
  if (has_avx2()) kernels.push_back(&kAvx2MapKernels);
#endif
  kernels.push_back(&kBaselineMapKernels);
  return kernels;
}

const MapKernels& best_map_kernels() {
#if defined(__x86_64__)
  if (has_avx512()) return kAvx512MapKernels;
  if (has_avx2()) return kAvx2MapKernels;
#endif
  return kBaselineMapKernels;
}

}  // namespace memo
