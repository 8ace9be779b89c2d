#include "index/features/feature_tail.h"

#include <cassert>
#include <cstring>

namespace memo {

bool FeatureTail::holds(std::uint64_t label, std::span<const std::byte> code) const {
  const auto position = positions_.find(label);
  return position && std::memcmp(features_.code(*position), code.data(), code.size()) == 0;
}

void FeatureTail::add(std::uint64_t label, std::span<const float> feature) {
  assert(!contains(label));
  features_.append(label, feature);
  positions_.insert(label, size() - 1);
}

bool FeatureTail::remove(std::uint64_t label) {
  const auto position = positions_.find(label);
  if (!position) return false;
  positions_.erase(label);
  const std::size_t last = size() - 1;
  if (*position != last) {
    const std::uint64_t moved = last_label();
    positions_.erase(moved);
    features_.replace_by_last(*position);
    positions_.insert(moved, *position);
  } else {
    features_.replace_by_last(last);
  }
  return true;
}

}  // namespace memo
