// context = map x V, straight from a stored payload: the map is never expanded in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/memo/kernels/map_kernels.h"
#include "model/memo/map_codec.h"

namespace memo {

// One sequence's values and context inside larger tensors.
struct ContextOperands {
  const float* value = nullptr;  // [length, heads * head_dim], rows `value_stride` floats apart
  std::size_t value_stride = 0;
  float* context = nullptr;  // [length, heads * head_dim], rows `context_stride` floats apart
  std::size_t context_stride = 0;
  std::uint32_t length = 0;    // tokens of this sequence
  std::uint32_t head_dim = 0;  // a multiple of 16, at most 128
};

// [heads, length, length] x [length, heads, head_dim] -> [length, heads, head_dim]
// A map of a longer sequence is cropped to operands.length and its rows renormalized.
// Requires: is_map_payload(payload, stored), 64-byte aligned; stored.length >= operands.length.
// Threads: any. Uses AVX-512 or AVX2 when the CPU has it.
void context_from_map(std::span<const std::byte> payload, MapShape stored, const ContextOperands& operands);
// The same on one of supported_map_kernels().
void context_from_map(std::span<const std::byte> payload, MapShape stored, const ContextOperands& operands,
                      const MapKernels& kernels);

}  // namespace memo
