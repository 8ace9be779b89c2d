// Squared L2 distances to features as an index keeps them, with the widest vectors of the CPU it runs on.
#pragma once

#include <cstddef>
#include <span>

#include "index/distance/feature_format.h"

namespace memo {

// Shapes: query [dimension] f32, a code [feature_bytes()] at any address; no alignment is needed.
// A distance is the same number whether it is computed alone or as one of four.
struct L2Kernels {
  float (*one)(const float* query, const std::byte* code, std::size_t dimension);
  // Shapes: codes [4], distances [4].
  void (*four)(const float* query, const std::byte* const* codes, std::size_t dimension, float* distances);
};

struct L2Variant {
  const char* name;
  L2Kernels f32;
  L2Kernels f16;
  L2Kernels s8;
  const L2Kernels& of(FeatureFormat format) const {
    return format == FeatureFormat::f32 ? f32 : format == FeatureFormat::f16 ? f16 : s8;
  }
};

// The variants that this CPU can run, the fastest first; every CPU can run the last one. Their results differ only
// by rounding.
std::span<const L2Variant* const> l2_variants();

inline const L2Kernels& l2_kernels_for_this_cpu(FeatureFormat format) {
  return l2_variants().front()->of(format);
}

// L2 distance, not squared, of two features. Shapes: a, b [dimension].
float l2_distance(std::span<const float> a, std::span<const float> b);

}  // namespace memo
