#include "model/memo/map_codec.h"

#include <cassert>
#include <cstring>

#include "model/memo/kernels/map_kernels.h"

namespace memo {
namespace {

// Row `row` of [heads, length], counted over all heads.
std::size_t row_offset(MapShape shape, std::size_t row) {
  return shape.scales_bytes() + row * shape.stride();
}

}  // namespace

void encode_map(const float* map, std::size_t head_stride, std::size_t row_stride, MapShape shape,
                std::span<std::byte> payload) {
  assert(payload.size() >= shape.payload_bytes());
  const MapKernels& kernels = best_map_kernels();
  const std::size_t rows = std::size_t{shape.heads} * shape.length;
  std::memset(payload.data() + rows * sizeof(float), 0, shape.scales_bytes() - rows * sizeof(float));
  for (std::size_t row = 0; row < rows; ++row) {
    const float* elements = map + row / shape.length * head_stride + row % shape.length * row_stride;
    std::byte* encoded = payload.data() + row_offset(shape, row);
    const float scale = kernels.encode_row(elements, shape.length, reinterpret_cast<std::uint8_t*>(encoded));
    std::memset(encoded + shape.length, 0, shape.stride() - shape.length);
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
      map[row * shape.length + i] = scale * static_cast<float>(encoded[i]);
  }
}

bool is_map_payload(std::span<const std::byte> payload, MapShape shape) {
  return shape.heads > 0 && shape.length > 0 && payload.size() >= shape.payload_bytes();
}

}  // namespace memo
