#include "index/distance/l2.h"

#include <cassert>
#include <cmath>
#include <vector>

#include "client/cpu/instruction_set.h"
#include "index/distance/l2_variants.h"

namespace memo {
namespace {

std::vector<const L2Variant*> supported_variants() {
  std::vector<const L2Variant*> variants;
#if defined(__x86_64__)
  if (can_use(InstructionSet::avx512)) variants.push_back(&kL2Avx512);
  if (can_use(InstructionSet::avx2)) variants.push_back(&kL2Avx2);
#endif
  variants.push_back(&kL2Portable);
  return variants;
}

}  // namespace

std::span<const L2Variant* const> l2_variants() {
  static const std::vector<const L2Variant*> variants = supported_variants();
  return variants;
}

float l2_distance(std::span<const float> a, std::span<const float> b) {
  assert(a.size() == b.size());
  const L2Kernels& kernels = l2_kernels_for_this_cpu(FeatureFormat::f32);
  return std::sqrt(kernels.one(a.data(), std::as_bytes(b).data(), a.size()));
}

}  // namespace memo
