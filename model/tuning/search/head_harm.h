// Which heads to fix first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/tuning/result/profile_result.h"

namespace memo {

struct HeadHarm {
  std::uint32_t layer = 0;
  std::uint32_t head = 0;
  double harm = 0;  // about 1 - cosine, where only this head is fixed
};

// Distributes a layer's harm over its heads, by how far their maps differ from their averages. -> the least
// harmful first
// Requires: heads of these layers. Shapes: harm_of_layer [layers], 1 - cosine
std::vector<HeadHarm> harm_of_heads(const std::vector<HeadSimilarity>& similarities,
                                    std::span<const double> harm_of_layer);

}  // namespace memo
