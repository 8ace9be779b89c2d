#include "memod/store/catalog/eviction.h"

#include <algorithm>

namespace memo {

float saved_us(float cost_us, float hits) {
  constexpr float kLeast = 1e-3f;
  constexpr float kMost = 1e7f;
  return (cost_us > kLeast ? std::min(cost_us, kMost) : kLeast) * hits;  // a NaN counts as the least
}

std::vector<MemoValue> least_valuable(std::vector<MemoValue> memos, std::size_t count) {
  if (count >= memos.size()) return memos;
  const auto end = memos.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(memos.begin(), end, memos.end(),
                   [](const MemoValue& a, const MemoValue& b) { return a.saved_us < b.saved_us; });
  memos.erase(end, memos.end());
  return memos;
}

}  // namespace memo
