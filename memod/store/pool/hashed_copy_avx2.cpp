#include "memod/store/pool/hashed_copy.h"
#include "memod/store/pool/hashed_copy_secret.h"

#if defined(__x86_64__)
#include <immintrin.h>

// This comes after all includes: their inline functions must be compiled for every CPU.
#pragma GCC push_options
#pragma GCC target("avx2")

namespace memo {
namespace {

struct Lanes {
  __m256i low, high;
};

Lanes load(const void* from) {
  const auto* halves = static_cast<const __m256i*>(from);
  return {_mm256_loadu_si256(halves), _mm256_loadu_si256(halves + 1)};
}
void store(void* to, Lanes lanes) {
  auto* halves = static_cast<__m256i*>(to);
  _mm256_storeu_si256(halves, lanes.low);
  _mm256_storeu_si256(halves + 1, lanes.high);
}
void store_streamed(std::byte* to, Lanes lanes) {
  auto* halves = reinterpret_cast<__m256i*>(to);
  _mm256_stream_si256(halves, lanes.low);
  _mm256_stream_si256(halves + 1, lanes.high);
}
// The compiler knows nothing of the value any more, so it cannot load it again.
void hold(Lanes& lanes) {
  asm volatile("" : "+x"(lanes.low), "+x"(lanes.high));
}

__m256i accumulate(__m256i sum, __m256i data, __m256i secret) {
  const __m256i keyed = _mm256_xor_si256(data, secret);
  const __m256i product = _mm256_mul_epu32(keyed, _mm256_srli_epi64(keyed, 32));
  const __m256i neighbours = _mm256_shuffle_epi32(data, 0x4e);
  return _mm256_add_epi64(_mm256_add_epi64(sum, neighbours), product);
}
Lanes accumulate(Lanes sum, Lanes data, Lanes secret) {
  return {accumulate(sum.low, data.low, secret.low), accumulate(sum.high, data.high, secret.high)};
}

__m256i scramble(__m256i sum, __m256i secret) {
  const __m256i prime = _mm256_set1_epi64x(0x9E3779B1);
  const __m256i mixed = _mm256_xor_si256(_mm256_xor_si256(sum, _mm256_srli_epi64(sum, 47)), secret);
  const __m256i low = _mm256_mul_epu32(mixed, prime);
  const __m256i high = _mm256_mul_epu32(_mm256_srli_epi64(mixed, 32), prime);
  return _mm256_add_epi64(low, _mm256_slli_epi64(high, 32));
}
Lanes scramble(Lanes sum, Lanes secret) {
  return {scramble(sum.low, secret.low), scramble(sum.high, secret.high)};
}

#include "memod/store/pool/hashed_copy.inc"

}  // namespace

const StreamStripes kStreamAvx2 = stream_stripes;

}  // namespace memo
#pragma GCC pop_options
#else
namespace memo {
const StreamStripes kStreamAvx2 = nullptr;
}
#endif
