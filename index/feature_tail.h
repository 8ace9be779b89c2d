// FeatureTail: the features that are not in a graph yet, searched one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "index/feature_list.h"
#include "index/l2.h"
#include "index/label_map.h"
#include "index/nearest_list.h"

namespace memo {

// Threads: const methods side by side; the others alone.
class FeatureTail {
 public:
  explicit FeatureTail(std::size_t dimension) : dimension_(dimension), features_(dimension) {}

  std::size_t size() const { return features_.size(); }
  bool contains(std::uint64_t label) const { return positions_.contains(label); }

  // Shapes: feature [dimension]. Requires: !contains(label).
  void add(std::uint64_t label, std::span<const float> feature);
  // False when it is not there.
  bool remove(std::uint64_t label);

  // The one that is cheapest to remove. Requires: size() > 0. Lifetime: until the tail changes.
  std::uint64_t last_label() const { return features_.label(size() - 1); }
  std::span<const float> last_feature() const { return {features_.feature(size() - 1), dimension_}; }

  // Offers every feature.
  void search(const float* query, L2Squared l2_squared, NearestList& nearest) const {
    features_.search(query, l2_squared, nearest);
  }

 private:
  const std::size_t dimension_;
  FeatureList features_;
  LabelMap positions_;
};

}  // namespace memo
