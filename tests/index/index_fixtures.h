// Features that look like those of texts, and what an exhaustive search answers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include "index/vector_index.h"

namespace memo::test {

inline constexpr std::size_t kDimension = 24;
using Feature = std::vector<float>;

// Points around shared centres, as features of similar texts are.
class ClusteredFeatures {
 public:
  explicit ClusteredFeatures(unsigned seed) : random_(seed), centres_(50) {
    for (Feature& centre : centres_) centre = around(Feature(kDimension, 0.0f), 1.0f);
  }
  Feature next() { return around(centres_[random_() % centres_.size()], 0.2f); }
  std::vector<Feature> many(std::size_t count) {
    std::vector<Feature> features(count);
    for (Feature& feature : features) feature = next();
    return features;
  }

 private:
  Feature around(Feature centre, float spread) {
    std::normal_distribution<float> normal(0.0f, spread);
    for (float& value : centre) value += normal(random_);
    return centre;
  }
  std::mt19937 random_;
  std::vector<Feature> centres_;
};

inline float l2(const Feature& a, const Feature& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  return static_cast<float>(std::sqrt(sum));
}

// An index all of whose features go to the graph, which is rebuilt even while small.
inline VectorIndexOptions rebuilt_early() {
  return {.dimension = kDimension, .flat_limit = 0, .rebuild_minimum = 10};
}

// What an exhaustive search answers, over the labels that `live` accepts.
template <typename Predicate>
std::vector<Neighbor> exhaustive(const std::vector<Feature>& stored, const Feature& query, std::size_t k,
                                 Predicate live) {
  std::vector<Neighbor> all;
  for (std::size_t label = 0; label < stored.size(); ++label)
    if (live(label)) all.push_back({label, l2(stored[label], query)});
  std::sort(all.begin(), all.end(), [](const Neighbor& a, const Neighbor& b) { return a.distance < b.distance; });
  all.resize(std::min(k, all.size()));
  return all;
}

inline std::vector<Neighbor> search(const VectorIndex& index, const Feature& query, std::size_t k) {
  std::vector<Neighbor> nearest(k);
  nearest.resize(index.search(query, nearest));
  return nearest;
}

inline constexpr auto kEveryone = [](std::size_t) { return true; };

// Labels are positions in `features`.
inline void add_all(VectorIndex& index, const std::vector<Feature>& features) {
  for (std::size_t label = 0; label < features.size(); ++label) index.add(label, features[label]);
}
// Until nothing is left to do.
inline void maintain_all(VectorIndex& index) {
  while (index.maintain()) continue;
}

}  // namespace memo::test
