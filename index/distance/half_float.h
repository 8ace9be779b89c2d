// IEEE half precision in integers, for machines without such a type and for memory at any address.
#pragma once

#include <bit>
#include <cstdint>

namespace memo {

inline float float_of_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t rest = half & 0x7fff;
  // After the shift the exponent is too small by 112; a product corrects it, also for subnormal numbers.
  constexpr float kExponent = 0x1p112f;
  const float magnitude = std::bit_cast<float>(rest << 13) * kExponent;
  const std::uint32_t bits = rest >= 0x7c00 ? 0x7f800000u | rest << 13 : std::bit_cast<std::uint32_t>(magnitude);
  return std::bit_cast<float>(sign | bits);
}

// Rounded to nearest, ties to even; a number beyond the range becomes the largest finite one. Requires: a finite
// value.
inline std::uint16_t half_of_float(float value) {
  constexpr float kLargest = 65504.0f;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
  const float magnitude = std::bit_cast<float>(bits & 0x7fffffff);
  if (magnitude >= kLargest) return sign | 0x7bff;
  if (magnitude < 0x1p-14f) {
    // Adding a half lines its last bits up with those of a subnormal half, and rounds.
    const float shifted = magnitude + 0.5f;
    return sign | static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u);
  }
  const std::uint32_t rounded = (bits & 0x7fffffff) + 0xfff + (bits >> 13 & 1);
  return sign | static_cast<std::uint16_t>((rounded >> 13) - (112u << 10));
}

}  // namespace memo
