#include "model/maps/map_codec.h"

#include <bit>
#include <cassert>
#include <cstring>
#include <limits>

namespace memo {
namespace {

// Row `row` of [heads, length], counted over all heads.
std::size_t row_offset(MapShape shape, std::size_t row) {
  return shape.prefix_bytes() + row * shape.row_bytes();
}

// Rounds x in [0, 1] to the nearest f16, ties to even.
std::uint16_t f16_of(float x) {
  // Below 2^-14 an f16 is a multiple of 2^-24, and adding 1/2 rounds an f32 to such a multiple.
  if (x < 0x1p-14f) return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x + 0.5f) - 0x3f000000);
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return static_cast<std::uint16_t>((bits - (112u << 23) + 0xfff + (bits >> 13 & 1)) >> 13);
}

// The value of an f16 that is neither negative nor infinite.
float float_of(std::uint16_t x) {
  if (x < 0x400) return static_cast<float>(x) * 0x1p-24f;
  return std::bit_cast<float>((std::uint32_t{x} + (112u << 10)) << 13);
}

float largest_of(std::span<const float> row) {
  float largest = 0;
  for (const float x : row) largest = x > largest ? x : largest;
  return largest;
}

void store(float x, std::byte* element) {
  std::memcpy(element, &x, sizeof(x));
}

float load(const std::byte* element) {
  float x = 0;
  std::memcpy(&x, element, sizeof(x));
  return x;
}

float load_element(const std::byte* row, MapEncoding encoding, std::size_t i) {
  if (encoding == MapEncoding::u8) return static_cast<float>(row[i]);
  if (encoding == MapEncoding::f32) return load(row + i * sizeof(float));
  std::uint16_t half = 0;
  std::memcpy(&half, row + i * sizeof(half), sizeof(half));
  return float_of(half);
}

// Stores the row so that its largest element is 1, and returns 1 / sum of what is stored; like encode_row of the
// kernels it makes zeros of NaN, of negative elements, and of rows without a positive finite maximum.
float encode_float_row(std::span<const float> row, MapEncoding encoding, std::byte* encoded) {
  const float largest = largest_of(row);
  const bool usable = largest > 1e-30f && largest <= std::numeric_limits<float>::max();
  float sum = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const float element = usable && row[i] > 0 ? row[i] / largest : 0;
    if (encoding == MapEncoding::f32) {
      store(element, encoded + i * sizeof(float));
    } else {
      const std::uint16_t half = f16_of(element);
      std::memcpy(encoded + i * sizeof(half), &half, sizeof(half));
    }
    sum += load_element(encoded, encoding, i);
  }
  return sum > 0 ? 1 / sum : 0;
}

RowWeights encode_row(std::span<const float> row, MapEncoding encoding, std::byte* encoded) {
  if (encoding != MapEncoding::u8) return {encode_float_row(row, encoding, encoded), 0, 0};
  return best_kernels().encode_row(row.data(), static_cast<std::uint32_t>(row.size()),
                                   reinterpret_cast<std::uint8_t*>(encoded));
}

template <typename T>
T* at(std::byte* payload, std::size_t offset) {
  return reinterpret_cast<T*>(payload + offset);
}
template <typename T>
const T* at(const std::byte* payload, std::size_t offset) {
  return reinterpret_cast<const T*>(payload + offset);
}

// Row `row` of [heads, length], as decode_map().
void decode_row(const std::byte* payload, MapShape shape, std::size_t row, float* map) {
  const std::byte* encoded = payload + row_offset(shape, row);
  const float scale = load(payload + row * sizeof(float));
  float sum = 0;
  for (std::size_t i = 0; i < shape.length; ++i) sum += map[i] = scale * load_element(encoded, shape.encoding, i);
  if (shape.encoding != MapEncoding::u8) return;
  const float peak = load(payload + shape.peaks_offset(0) + row * sizeof(float));
  std::uint16_t place = 0;
  std::memcpy(&place, payload + shape.places_offset(0) + row * sizeof(place), sizeof(place));
  if (place < shape.length) sum += peak, map[place] += peak;
  // A smaller difference comes from rounding of floats and is not spread.
  constexpr float kNothing = 1e-6f;
  const float lack = sum > 0 && 1 - sum > kNothing ? (1 - sum) / static_cast<float>(shape.length) : 0;
  for (std::size_t i = 0; i < shape.length; ++i) map[i] += lack;
}

}  // namespace

void encode_map(const float* map, std::size_t head_stride, std::size_t row_stride, MapShape shape,
                std::span<std::byte> payload) {
  assert(payload.size() >= shape.payload_bytes() && shape.length <= kMaxMapLength);
  const std::size_t used_bytes = shape.row_bytes() / shape.stride() * shape.length;
  std::memset(payload.data() + shape.used_prefix_bytes(), 0, shape.prefix_bytes() - shape.used_prefix_bytes());
  for (std::size_t row = 0; row < shape.rows(); ++row) {
    const float* elements = map + row / shape.length * head_stride + row % shape.length * row_stride;
    std::byte* encoded = payload.data() + row_offset(shape, row);
    const RowWeights weights = encode_row({elements, shape.length}, shape.encoding, encoded);
    std::memset(encoded + used_bytes, 0, shape.row_bytes() - used_bytes);
    store(weights.scale, payload.data() + row * sizeof(float));
    if (shape.encoding != MapEncoding::u8) continue;
    store(weights.peak, payload.data() + shape.peaks_offset(0) + row * sizeof(float));
    std::memcpy(payload.data() + shape.places_offset(0) + row * sizeof(weights.place), &weights.place,
                sizeof(weights.place));
  }
}

void decode_map(std::span<const std::byte> payload, MapShape shape, std::span<float> map) {
  assert(is_map_payload(payload, shape) && map.size() >= shape.rows() * shape.length);
  for (std::size_t row = 0; row < shape.rows(); ++row)
    decode_row(payload.data(), shape, row, map.data() + row * shape.length);
}

void decode_map_row(std::span<const std::byte> payload, MapShape shape, std::size_t row,
                    std::span<float> elements) {
  assert(is_map_payload(payload, shape) && row < shape.rows() && elements.size() >= shape.length);
  decode_row(payload.data(), shape, row, elements.data());
}

bool is_map_payload(std::span<const std::byte> payload, MapShape shape) {
  return shape.heads > 0 && shape.length > 0 && shape.length <= kMaxMapLength &&
         payload.size() >= shape.payload_bytes();
}

KeptMap kept_head(std::span<std::byte> payload, MapShape shape, std::size_t head) {
  KeptMap kept;
  kept.rows = payload.data() + shape.head_offset(head);
  kept.row_stride = shape.row_bytes();
  kept.scales = at<float>(payload.data(), shape.scales_offset(head));
  kept.encoding = shape.encoding;
  if (shape.encoding != MapEncoding::u8) return kept;
  kept.peaks = at<float>(payload.data(), shape.peaks_offset(head));
  kept.places = at<std::uint16_t>(payload.data(), shape.places_offset(head));
  return kept;
}

StoredHead stored_head(std::span<const std::byte> payload, MapShape shape, std::size_t head) {
  StoredHead stored;
  stored.map = payload.data() + shape.head_offset(head);
  stored.map_stride = shape.row_bytes();
  stored.scales = at<float>(payload.data(), shape.scales_offset(head));
  stored.encoding = shape.encoding;
  if (shape.encoding != MapEncoding::u8) return stored;
  stored.peaks = at<float>(payload.data(), shape.peaks_offset(head));
  stored.places = at<std::uint16_t>(payload.data(), shape.places_offset(head));
  return stored;
}

}  // namespace memo
