#include "model/kernels/variants.h"

namespace memo {
namespace {

#if defined(__x86_64__)
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

bool has_vnni() {
  return has_avx512() && __builtin_cpu_supports("avx512vnni");
}

bool has_bf16() {
  return has_vnni() && __builtin_cpu_supports("avx512bf16");
}
#endif

// The largest vectors of any variant: scratch memory serves all.
constexpr std::size_t kMaxColumns = 32;
constexpr std::size_t kMaxRows = 8;
constexpr std::size_t kMaxBand = 128;

std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

std::size_t attention_scratch_bytes(std::uint32_t length, std::uint32_t head_dim) {
  const std::size_t width = round_up(length, kMaxColumns);
  const std::size_t value_width = round_up(head_dim, kMaxColumns);
  const std::size_t keys = head_dim * width;
  const std::size_t values = (std::size_t{length} + 4) * value_width;
  const std::size_t scores = 3 * kMaxRows * (width + kMaxBand + kMaxColumns);
  const std::size_t context = (3 * kMaxRows + 2) * value_width;
  const std::size_t band = kMaxBand * width;
  constexpr std::size_t kAlignment = 1024;  // of 16 pieces, to 64 bytes each
  return sizeof(float) * (keys + values + scores + context + band) + kAlignment;
}

std::vector<const Kernels*> supported_kernels() {
  std::vector<const Kernels*> kernels;
#if defined(__x86_64__)
  if (has_bf16()) kernels.push_back(&kAvx512Bf16Kernels);
  if (has_vnni()) kernels.push_back(&kAvx512VnniKernels);
  if (has_avx512()) kernels.push_back(&kAvx512Kernels);
  if (has_avx2()) kernels.push_back(&kAvx2Kernels);
#endif
  kernels.push_back(&kBaselineKernels);
  return kernels;
}

const Kernels& best_kernels() {
  static const Kernels* const best = supported_kernels().front();
  return *best;
}

}  // namespace memo
