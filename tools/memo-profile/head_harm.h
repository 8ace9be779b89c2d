// Which heads to fix first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tools/memo-profile/profile_result.h"

namespace memo {

struct HeadHarm {
  std::uint32_t layer = 0;
  std::uint32_t head = 0;
  double harm = 0;  // 1 - cosine, about, where this head alone is fixed
};

// A layer's harm falls on its heads as their maps differ from their averages. -> the least harmful first
// Requires: heads of these layers. Shapes: harm_of_layer [layers], 1 - cosine
std::vector<HeadHarm> harm_of_heads(const std::vector<HeadSimilarity>& similarities,
                                    std::span<const double> harm_of_layer);

}  // namespace memo
