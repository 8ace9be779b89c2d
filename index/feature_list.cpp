#include "index/feature_list.h"

#include <cassert>

namespace memo {

void FeatureList::append(std::uint64_t label, std::span<const float> feature) {
  assert(feature.size() == dimension_);
  if (size_ == chunks_.size() * kChunk)
    chunks_.push_back({std::make_unique_for_overwrite<std::uint64_t[]>(kChunk),
                       std::make_unique_for_overwrite<float[]>(kChunk * dimension_)});
  put(size_++, label, feature.data());
}

void FeatureList::replace_by_last(std::size_t position) {
  const std::size_t last = size_ - 1;
  if (position != last) put(position, label(last), feature(last));
  --size_;
}

void FeatureList::put(std::size_t position, std::uint64_t label, const float* feature) {
  const Chunk& place = chunk(position);
  place.labels[position % kChunk] = label;
  std::copy_n(feature, dimension_, place.features.get() + position % kChunk * dimension_);
}

void FeatureList::search(const float* query, L2Squared l2_squared, NearestList& nearest) const {
  for (std::size_t position = 0; position < size_; ++position)
    nearest.offer(label(position), l2_squared(query, feature(position), dimension_));
}

}  // namespace memo
