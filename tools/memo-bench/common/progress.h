// The progress of a store's indexes.
#pragma once

#include <cstdint>

#include "client/inspector.h"

namespace memo {

// Memos that are in a graph, of all spaces and layers.
inline std::uint64_t indexed_memos(const StoreStats& stats) {
  std::uint64_t sum = 0;
  for (const SpaceStats& space : stats.spaces)
    for (const LayerStats& layer : space.layers) sum += layer.indexed;
  return sum;
}

}  // namespace memo
