#include <immintrin.h>

#include "index/distance/l2_variants.h"

namespace memo {
namespace {

using Vector = __m512;
constexpr std::size_t kLanes = 16;

inline Vector zero() {
  return _mm512_setzero_ps();
}
inline Vector broadcast(float value) {
  return _mm512_set1_ps(value);
}
inline Vector load_f32(const void* at) {
  return _mm512_loadu_ps(at);
}
inline Vector load_f16(const void* at) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(at)));
}
inline Vector load_s8(const void* at) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(at))));
}
inline Vector minus(Vector a, Vector b) {
  return _mm512_sub_ps(a, b);
}
inline Vector less_product(Vector a, Vector x, Vector y) {
  return _mm512_fnmadd_ps(x, y, a);
}
inline Vector plus_square(Vector sum, Vector x) {
  return _mm512_fmadd_ps(x, x, sum);
}
inline float total(Vector v) {
  return _mm512_reduce_add_ps(v);
}

}  // namespace
}  // namespace memo

#include "index/distance/l2_kernels.inc"

namespace memo {

const L2Variant kL2Avx512 = MEMO_L2_VARIANT("avx512");

}  // namespace memo
