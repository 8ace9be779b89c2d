#include "memod/store/pool/hashed_copy.h"
#include "memod/store/pool/hashed_copy_secret.h"

#if defined(__x86_64__)
#include <immintrin.h>

// This comes after all includes: their inline functions must be compiled for every CPU.
#pragma GCC push_options
#pragma GCC target("avx512f")

namespace memo {
namespace {

using Lanes = __m512i;

Lanes load(const void* from) {
  return _mm512_loadu_si512(from);
}
void store(void* to, Lanes lanes) {
  _mm512_storeu_si512(to, lanes);
}
void store_streamed(std::byte* to, Lanes lanes) {
  _mm512_stream_si512(reinterpret_cast<__m512i*>(to), lanes);
}
// The compiler knows nothing of the value any more, so it cannot load it again.
void hold(Lanes& lanes) {
  asm volatile("" : "+v"(lanes));
}

Lanes accumulate(Lanes sum, Lanes data, Lanes secret) {
  const Lanes keyed = _mm512_xor_si512(data, secret);
  const Lanes product = _mm512_mul_epu32(keyed, _mm512_srli_epi64(keyed, 32));
  const Lanes neighbours = _mm512_shuffle_epi32(data, _MM_PERM_BADC);
  return _mm512_add_epi64(_mm512_add_epi64(sum, neighbours), product);
}

Lanes scramble(Lanes sum, Lanes secret) {
  const Lanes prime = _mm512_set1_epi64(0x9E3779B1);
  const Lanes mixed = _mm512_xor_si512(_mm512_xor_si512(sum, _mm512_srli_epi64(sum, 47)), secret);
  const Lanes low = _mm512_mul_epu32(mixed, prime);
  const Lanes high = _mm512_mul_epu32(_mm512_srli_epi64(mixed, 32), prime);
  return _mm512_add_epi64(low, _mm512_slli_epi64(high, 32));
}

#include "memod/store/pool/hashed_copy.inc"

}  // namespace

const StreamStripes kStreamAvx512 = stream_stripes;

}  // namespace memo
#pragma GCC pop_options
#else
namespace memo {
const StreamStripes kStreamAvx512 = nullptr;
}
#endif
