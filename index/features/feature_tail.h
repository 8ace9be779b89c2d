// FeatureTail: the features that are not in a graph yet, searched one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "index/features/feature_list.h"
#include "index/features/label_map.h"
#include "index/features/nearest_list.h"

namespace memo {

// Threads: const methods may run side by side; the others run alone.
class FeatureTail {
 public:
  explicit FeatureTail(const FeatureShape& shape) : features_(shape, FeatureList::Blocks::small) {}
  FeatureTail(const FeatureTail&) = delete;
  FeatureTail& operator=(const FeatureTail&) = delete;

  std::size_t size() const { return features_.size(); }
  bool contains(std::uint64_t label) const { return positions_.contains(label); }
  // Whether the label is there with exactly this feature. Shapes: code [shape.bytes()].
  bool holds(std::uint64_t label, std::span<const std::byte> code) const;

  // Shapes: feature [dimension]. Requires: !contains(label).
  void add(std::uint64_t label, std::span<const float> feature);
  // False when it is not there.
  bool remove(std::uint64_t label);

  // The feature that is cheapest to remove. Requires: size() > 0. Lifetime: until the tail changes.
  std::uint64_t last_label() const { return features_.label(size() - 1); }
  std::span<const std::byte> last_code() const { return features_.code_run(size() - 1); }

  // Offers every feature.
  void search(const float* query, NearestList& nearest) const { features_.search(query, nearest); }

  std::size_t memory_bytes() const { return features_.memory_bytes() + positions_.memory_bytes(); }

 private:
  FeatureList features_;
  LabelMap<FeatureList> positions_{features_};
};

}  // namespace memo
