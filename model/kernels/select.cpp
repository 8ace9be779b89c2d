#include "client/cpu/instruction_set.h"
#include "model/kernels/variants.h"

namespace memo {
namespace {

// The largest tile of any variant, so that the scratch memory is enough for all of them.
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
  constexpr std::size_t kAlignment = 1024;  // 16 pieces, 64 bytes each
  return sizeof(float) * (keys + values + scores + context + band) + kAlignment;
}

std::vector<const Kernels*> supported_kernels() {
  std::vector<const Kernels*> kernels;
#if defined(__x86_64__)
  if (can_use(InstructionSet::avx512_bf16)) kernels.push_back(&kAvx512Bf16Kernels);
  if (emulates_bf16()) kernels.push_back(&kAvx512EmulatedBf16Kernels);
  if (can_use(InstructionSet::avx512_vnni)) kernels.push_back(&kAvx512VnniKernels);
  if (can_use(InstructionSet::avx512)) kernels.push_back(&kAvx512Kernels);
  if (can_use(InstructionSet::avx2_vnni))
    kernels.push_back(cpu_avx2_vnni() == Avx2Vnni::own ? &kAvx2VnniKernels : &kAvx2EvexVnniKernels);
  if (can_use(InstructionSet::avx2)) kernels.push_back(&kAvx2Kernels);
#endif
  kernels.push_back(&kBaselineKernels);
  return kernels;
}

const Kernels& best_kernels() {
  static const Kernels* const best = supported_kernels().front();
  return *best;
}

}  // namespace memo
