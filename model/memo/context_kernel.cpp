#include "model/memo/context_kernel.h"

#include <cassert>

#include "model/memo/kernels/map_kernels.h"

namespace memo {

void context_from_map(std::span<const std::byte> payload, MapShape stored, const ContextOperands& operands) {
  context_from_map(payload, stored, operands, best_map_kernels());
}

void context_from_map(std::span<const std::byte> payload, MapShape stored, const ContextOperands& operands,
                      const MapKernels& kernels) {
  assert(is_map_payload(payload, stored) && stored.length >= operands.length);
  assert(operands.head_dim % 16 == 0 && operands.head_dim <= 128);
  const bool cropped = stored.length > operands.length;
  const auto* scales = reinterpret_cast<const float*>(payload.data());
  const auto* rows = reinterpret_cast<const std::uint8_t*>(payload.data() + stored.scales_bytes());
  for (std::size_t head = 0; head < stored.heads; ++head) {
    const std::size_t first_row = head * stored.length;
    kernels.context({.rows = rows + first_row * stored.stride(),
                     .row_stride = stored.stride(),
                     .scales = cropped ? nullptr : scales + first_row,
                     .value = operands.value + head * operands.head_dim,
                     .value_stride = operands.value_stride,
                     .context = operands.context + head * operands.head_dim,
                     .context_stride = operands.context_stride,
                     .length = operands.length,
                     .head_dim = operands.head_dim});
  }
}

}  // namespace memo
