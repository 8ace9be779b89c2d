#include "index/feature_list.h"

#include <algorithm>
#include <cassert>

namespace memo {

void FeatureList::append(std::uint64_t label, std::span<const float> feature) {
  assert(feature.size() == dimension_);
  const std::size_t position = labels_.size();
  if (position == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<float[]>(kChunk * dimension_));
  labels_.push_back(label);
  std::copy(feature.begin(), feature.end(), place(position));
}

void FeatureList::replace_by_last(std::size_t position) {
  const std::size_t last = labels_.size() - 1;
  if (position != last) {
    std::copy_n(feature(last), dimension_, place(position));
    labels_[position] = labels_[last];
  }
  labels_.pop_back();
}

void FeatureList::search(const float* query, L2Squared l2_squared, NearestList& nearest) const {
  for (std::size_t position = 0; position < labels_.size(); ++position)
    nearest.offer(labels_[position], l2_squared(query, feature(position), dimension_));
}

}  // namespace memo
