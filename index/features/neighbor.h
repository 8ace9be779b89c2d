// Neighbor: an answer of a search.
#pragma once

#include <cstdint>

namespace memo {

struct Neighbor {
  std::uint64_t label = 0;
  float distance = 0;  // L2, not squared
};

}  // namespace memo
