// Vectors of four, which every compiler target has in some form.
#include "index/distance/half_float.h"
#include "index/distance/l2_variants.h"

namespace memo {
namespace {

typedef float Vector __attribute__((vector_size(16)));
constexpr std::size_t kLanes = 4;

inline Vector zero() {
  return Vector{};
}
inline Vector broadcast(float value) {
  return Vector{value, value, value, value};
}
inline Vector load_f32(const void* at) {
  Vector v;
  __builtin_memcpy(&v, at, sizeof(v));
  return v;
}
inline Vector load_f16(const void* at) {
  std::uint16_t halves[kLanes];
  __builtin_memcpy(halves, at, sizeof(halves));
  return Vector{float_of_half(halves[0]), float_of_half(halves[1]), float_of_half(halves[2]),
                float_of_half(halves[3])};
}
inline Vector load_s8(const void* at) {
  signed char bytes[kLanes];
  __builtin_memcpy(bytes, at, sizeof(bytes));
  return Vector{float(bytes[0]), float(bytes[1]), float(bytes[2]), float(bytes[3])};
}
inline Vector minus(Vector a, Vector b) {
  return a - b;
}
inline Vector less_product(Vector a, Vector x, Vector y) {
  return a - x * y;
}
inline Vector plus_square(Vector sum, Vector x) {
  return sum + x * x;
}
inline float total(Vector v) {
  return (v[0] + v[2]) + (v[1] + v[3]);
}

}  // namespace
}  // namespace memo

#include "index/distance/l2_kernels.inc"

namespace memo {

const L2Variant kL2Portable = MEMO_L2_VARIANT("portable");

}  // namespace memo
