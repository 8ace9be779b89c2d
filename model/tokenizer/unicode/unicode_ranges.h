// Tables of code points: ranges in order.
#pragma once

#include <algorithm>
#include <iterator>
#include <span>

namespace memo {

struct CodePointRange {
  char32_t first;
  char32_t last;
};

// Requires: ranges are in order and disjoint.
inline bool contains(std::span<const CodePointRange> ranges, char32_t c) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), c,
                       [](char32_t value, const CodePointRange& range) { return value < range.first; });
  return after != ranges.begin() && c <= std::prev(after)->last;
}

}  // namespace memo
