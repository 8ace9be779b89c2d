// How attention maps are stored: rows of u8, f16 or f32, and a few numbers per row.
//
// Payload of a map of `length` tokens, [heads, length, length]:
//   scales [heads, length] f32
//   peaks  [heads, length] f32, with u8
//   places [heads, length] u16, with u8; zeros up to a multiple of 64 bytes
//   rows   [heads, length, stride] elements, stride = length rounded up to 16; padding is 0
// RowWeights (kernels.h) explains these.
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
  // The size of everything before the rows, with and without the zeros.
  std::size_t prefix_bytes() const { return (used_prefix_bytes() + 63) / 64 * 64; }
  std::size_t used_prefix_bytes() const {
    return rows() * (encoding == MapEncoding::u8 ? 2 * sizeof(float) + sizeof(std::uint16_t) : sizeof(float));
  }
  std::size_t payload_bytes() const { return prefix_bytes() + rows() * row_bytes(); }
  std::size_t rows() const { return std::size_t{heads} * length; }

  // Where row 0 of a head begins, and where its numbers begin.
  std::size_t head_offset(std::size_t head) const { return prefix_bytes() + head * length * row_bytes(); }
  std::size_t scales_offset(std::size_t head) const { return head * length * sizeof(float); }
  std::size_t peaks_offset(std::size_t head) const { return (rows() + head * length) * sizeof(float); }
  std::size_t places_offset(std::size_t head) const {
    return 2 * rows() * sizeof(float) + head * length * sizeof(std::uint16_t);
  }
};

// Shapes: map [heads, length, row_stride] of which [heads, length, length] counts; head_stride and row_stride in
//         floats. payload: shape.payload_bytes() bytes.
void encode_map(const float* map, std::size_t head_stride, std::size_t row_stride, MapShape shape,
                std::span<std::byte> payload);

// Shapes: -> map [heads, length, length], contiguous.
void decode_map(std::span<const std::byte> payload, MapShape shape, std::span<float> map);

// Row `row` of [heads, length], counted over all heads. Shapes: -> elements [length]
// Requires: is_map_payload(payload, shape), row < shape.rows().
void decode_map_row(std::span<const std::byte> payload, MapShape shape, std::size_t row,
                    std::span<float> elements);

// Whether a payload of this size can be a map of this shape (payloads come from a store: check before use).
bool is_map_payload(std::span<const std::byte> payload, MapShape shape);

// A head of a payload, in the form that kernels write and read. The payload begins at a multiple of 64 bytes.
// Requires: is_map_payload(payload, shape), head < shape.heads.
KeptMap kept_head(std::span<std::byte> payload, MapShape shape, std::size_t head);
StoredHead stored_head(std::span<const std::byte> payload, MapShape shape, std::size_t head);

}  // namespace memo
