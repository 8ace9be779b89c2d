#include "index/l2.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace memo {

float l2_squared_portable(const float* a, const float* b, std::size_t dimension) {
  float sum = 0;
  for (std::size_t i = 0; i < dimension; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

#if defined(__x86_64__)
namespace {

__attribute__((target("avx512f"))) float l2_squared_avx512(const float* a, const float* b, std::size_t dimension) {
  __m512 sum = _mm512_setzero_ps();
  for (std::size_t i = 0; i < dimension; i += 16) {
    const std::size_t left = dimension - i;
    const __mmask16 lanes = left >= 16 ? 0xffff : static_cast<__mmask16>((1u << left) - 1);
    const __m512 difference =
        _mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, a + i), _mm512_maskz_loadu_ps(lanes, b + i));
    sum = _mm512_fmadd_ps(difference, difference, sum);
  }
  alignas(64) float lanes[16];
  _mm512_store_ps(lanes, sum);
  for (int width = 8; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  return lanes[0];
}

__attribute__((target("avx2,fma"))) float l2_squared_avx2(const float* a, const float* b, std::size_t dimension) {
  __m256 sum = _mm256_setzero_ps();
  std::size_t i = 0;
  for (; i + 8 <= dimension; i += 8) {
    const __m256 difference = _mm256_sub_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
    sum = _mm256_fmadd_ps(difference, difference, sum);
  }
  alignas(32) float lanes[8];
  _mm256_store_ps(lanes, sum);
  for (int width = 4; width > 0; width /= 2)
    for (int j = 0; j < width; ++j) lanes[j] += lanes[j + width];
  return lanes[0] + l2_squared_portable(a + i, b + i, dimension - i);
}

}  // namespace
#endif

L2Squared l2_squared_for_this_cpu() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return l2_squared_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return l2_squared_avx2;
#endif
  return l2_squared_portable;
}

}  // namespace memo
