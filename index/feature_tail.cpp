#include "index/feature_tail.h"

#include <cassert>

namespace memo {

void FeatureTail::add(std::uint64_t label, std::span<const float> feature) {
  assert(!contains(label));
  positions_.set(label, size());
  features_.append(label, feature);
}

bool FeatureTail::remove(std::uint64_t label) {
  const auto position = positions_.find(label);
  if (!position) return false;
  positions_.erase(label);
  features_.replace_by_last(*position);
  if (*position < size()) positions_.set(features_.label(*position), *position);
  return true;
}

}  // namespace memo
