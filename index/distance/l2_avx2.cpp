#include <immintrin.h>

#include "index/distance/l2_variants.h"

namespace memo {
namespace {

using Vector = __m256;
constexpr std::size_t kLanes = 8;

inline Vector zero() {
  return _mm256_setzero_ps();
}
inline Vector broadcast(float value) {
  return _mm256_set1_ps(value);
}
inline Vector load_f32(const void* at) {
  return _mm256_loadu_ps(static_cast<const float*>(at));
}
inline Vector load_f16(const void* at) {
  return _mm256_cvtph_ps(_mm_loadu_si128(static_cast<const __m128i*>(at)));
}
inline Vector load_s8(const void* at) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(static_cast<const __m128i*>(at))));
}
inline Vector minus(Vector a, Vector b) {
  return _mm256_sub_ps(a, b);
}
inline Vector less_product(Vector a, Vector x, Vector y) {
  return _mm256_fnmadd_ps(x, y, a);
}
inline Vector plus_square(Vector sum, Vector x) {
  return _mm256_fmadd_ps(x, x, sum);
}
inline float total(Vector v) {
  __m128 sum = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

}  // namespace
}  // namespace memo

#include "index/distance/l2_kernels.inc"

namespace memo {

const L2Variant kL2Avx2 = MEMO_L2_VARIANT("avx2");

}  // namespace memo
