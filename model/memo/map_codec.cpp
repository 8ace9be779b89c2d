#include "model/memo/map_codec.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace memo {
namespace {

// Row `row` of [heads, length], counted over all heads.
std::size_t row_offset(MapShape shape, std::size_t row) {
  return shape.scales_bytes() + row * shape.row_bytes();
}

// IEEE half precision of a number in [0, 1], to nearest even; below 2^-14 a multiple of 2^-24.
std::uint16_t f16_of(float x) {
  if (!(x >= 0x1p-14f)) return static_cast<std::uint16_t>(x * 0x1p24f + 0.5f);
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof(bits));
  return static_cast<std::uint16_t>((bits - (112u << 23) + 0xfff + (bits >> 13 & 1)) >> 13);
}

float float_of_f16(std::uint16_t half) {
  if (half >> 10 == 0) return static_cast<float>(half) * 0x1p-24f;
  const std::uint32_t bits = (std::uint32_t{half} + (112u << 10)) << 13;
  float x = 0;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

// What a row's elements are divided by, so that the largest becomes 1; infinite or absent ones make zeros.
float multiplier_of(const float* row, std::uint32_t length) {
  const float largest = *std::max_element(row, row + length);
  return largest > 1e-30f && largest <= 3.4e38f ? 1 / largest : 0;
}

float clean(float x, float multiplier) {
  return x > 0 && multiplier > 0 ? std::min(x * multiplier, 1.0f) : 0;  // a NaN is not above 0
}

// Encodes a row and returns its scale.
template <typename Element, typename Encode, typename Decode>
float encode_elements(const float* row, std::uint32_t length, std::byte* encoded, Encode encode, Decode decode) {
  const float multiplier = multiplier_of(row, length);
  double sum = 0;
  for (std::uint32_t i = 0; i < length; ++i) {
    const Element element = encode(clean(row[i], multiplier));
    std::memcpy(encoded + i * sizeof(Element), &element, sizeof(Element));
    sum += decode(element);
  }
  return sum > 0 ? static_cast<float>(1 / sum) : 0;
}

float encode_row(const float* row, MapShape shape, std::byte* encoded) {
  const auto same = [](float x) { return x; };
  switch (shape.encoding) {
    case MapEncoding::u8:
      return best_kernels().encode_row(row, shape.length, reinterpret_cast<std::uint8_t*>(encoded));
    case MapEncoding::f16:
      return encode_elements<std::uint16_t>(row, shape.length, encoded, f16_of, float_of_f16);
    case MapEncoding::f32:
      return encode_elements<float>(row, shape.length, encoded, same, same);
  }
  return 0;
}

float element_of(MapEncoding encoding, const std::byte* row, std::size_t i) {
  if (encoding == MapEncoding::u8) return static_cast<float>(row[i]);
  if (encoding == MapEncoding::f16) {
    std::uint16_t half = 0;
    std::memcpy(&half, row + i * sizeof(half), sizeof(half));
    return float_of_f16(half);
  }
  float x = 0;
  std::memcpy(&x, row + i * sizeof(x), sizeof(x));
  return x;
}

}  // namespace

void encode_map(const float* map, std::size_t head_stride, std::size_t row_stride, MapShape shape,
                std::span<std::byte> payload) {
  assert(payload.size() >= shape.payload_bytes());
  const std::size_t rows = std::size_t{shape.heads} * shape.length;
  const std::size_t used = shape.row_bytes() / shape.stride() * shape.length;
  std::memset(payload.data() + rows * sizeof(float), 0, shape.scales_bytes() - rows * sizeof(float));
  for (std::size_t row = 0; row < rows; ++row) {
    const float* elements = map + row / shape.length * head_stride + row % shape.length * row_stride;
    std::byte* encoded = payload.data() + row_offset(shape, row);
    const float scale = encode_row(elements, shape, encoded);
    std::memset(encoded + used, 0, shape.row_bytes() - used);
    std::memcpy(payload.data() + row * sizeof(float), &scale, sizeof(scale));
  }
}

void decode_map(std::span<const std::byte> payload, MapShape shape, std::span<float> map) {
  assert(is_map_payload(payload, shape) && map.size() >= std::size_t{shape.heads} * shape.length * shape.length);
  for (std::size_t row = 0; row < std::size_t{shape.heads} * shape.length; ++row) {
    const std::byte* encoded = payload.data() + row_offset(shape, row);
    float scale = 0;
    std::memcpy(&scale, payload.data() + row * sizeof(float), sizeof(scale));
    for (std::size_t i = 0; i < shape.length; ++i)
      map[row * shape.length + i] = scale * element_of(shape.encoding, encoded, i);
  }
}

bool is_map_payload(std::span<const std::byte> payload, MapShape shape) {
  return shape.heads > 0 && shape.length > 0 && payload.size() >= shape.payload_bytes();
}

}  // namespace memo
