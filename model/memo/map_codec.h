// How attention maps are stored: rows of u8, f16 or f32 with one f32 scale each.
//
// Payload of a map of `length` tokens, [heads, length, length]:
//   scales [heads, length] f32, padded to a multiple of 64 bytes
//   rows   [heads, length, stride] elements, stride = length rounded up to 16; padding is 0
// probability = element * scale, and scale = 1 / sum of the row's elements, so that a decoded row sums to 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/kernels/kernels.h"

namespace memo {

struct MapShape {
  std::uint32_t heads = 0;
  std::uint32_t length = 0;
  MapEncoding encoding = MapEncoding::u8;

  std::uint32_t stride() const { return (length + 15) / 16 * 16; }
  std::size_t row_bytes() const { return stride() * (std::size_t{1} << static_cast<std::uint32_t>(encoding)); }
  std::size_t scales_bytes() const { return (std::size_t{heads} * length * sizeof(float) + 63) / 64 * 64; }
  std::size_t payload_bytes() const { return scales_bytes() + std::size_t{heads} * length * row_bytes(); }
  // Where row 0 of a head begins.
  std::size_t head_offset(std::size_t head) const { return scales_bytes() + head * length * row_bytes(); }
};

// Shapes: map [heads, length, row_stride] of which [heads, length, length] counts; head_stride and row_stride in
//         floats. payload: shape.payload_bytes() bytes.
void encode_map(const float* map, std::size_t head_stride, std::size_t row_stride, MapShape shape,
                std::span<std::byte> payload);

// Shapes: -> map [heads, length, length], contiguous.
void decode_map(std::span<const std::byte> payload, MapShape shape, std::span<float> map);

// Whether a payload of this size can be a map of this shape (payloads come from a store: check before use).
bool is_map_payload(std::span<const std::byte> payload, MapShape shape);

}  // namespace memo
