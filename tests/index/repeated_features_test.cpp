// Features that repeat, exactly or nearly: queries near any stored feature still find what is nearest.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "tests/index/image_fixtures.h"

namespace memo::test {
namespace {

enum class Place { origin, centre };
enum class Come { first, mixed, last };

struct Repeats {
  const char* name;
  FeatureFormat format;
  std::uint32_t dimension;
  std::size_t centres;
  std::size_t features;
  double repeated;  // the part of the features
  float spread;     // of the repeated ones around their place; 0: equal
  Place at;
  Come come;
};

class RepeatedFeatures : public testing::TestWithParam<Repeats> {
 protected:
  static constexpr std::size_t kQueries = 200;
  static constexpr double kLeast = 0.97;

  RepeatedFeatures() {
    std::vector<Feature> centres(GetParam().centres);
    for (Feature& centre : centres) centre = around(Feature(GetParam().dimension), 1.0f);
    const Feature place = GetParam().at == Place::origin ? Feature(GetParam().dimension) : centres.front();
    for (std::size_t label = 0; label < GetParam().features; ++label) {
      repeated_.push_back(is_repeated(label));
      stored_.push_back(repeated_[label] ? around(place, GetParam().spread)
                                         : around(centres[random_() % centres.size()], 0.2f));
    }
    live_.assign(stored_.size(), true);
    add_all(sut_, stored_);
    maintain_all(sut_);
  }
  bool is_repeated(std::size_t label) {
    const double count = static_cast<double>(GetParam().features), place = static_cast<double>(label) / count;
    switch (GetParam().come) {
      case Come::first:
        return place < GetParam().repeated;
      case Come::last:
        return place >= 1 - GetParam().repeated;
      case Come::mixed:
        return std::uniform_real_distribution<>()(random_) < GetParam().repeated;
    }
    return false;
  }
  Feature around(Feature feature, float spread) {
    std::normal_distribution<float> normal;
    for (float& value : feature) value += spread * normal(random_);
    return feature;
  }
  VectorIndexOptions options() const {
    return {.dimension = GetParam().dimension,
            .features = GetParam().format,
            .flat_limit = 0,
            .rebuild_fraction = 0.1,
            .rebuild_minimum = 10};
  }
  // How often the nearest is among eight, or one that is as near, for queries near features that repeat or do not.
  double recall(const VectorIndex& index, bool repeated) {
    std::vector<std::size_t> labels;
    for (std::size_t label = 0; label < stored_.size(); ++label)
      if (live_[label] && repeated_[label] == repeated) labels.push_back(label);
    std::size_t hits = 0;
    for (std::size_t q = 0; q < kQueries; ++q) {
      const Feature query = around(stored_[labels[random_() % labels.size()]], 0.05f);
      const float least = exhaustive(stored_, query, 1, [&](auto label) { return live_[label]; })[0].distance;
      const auto found = search(index, query, 8);
      hits += std::ranges::any_of(found, [&](const Neighbor& neighbor) {
        return l2(stored_[neighbor.label], query) <= least * 1.001f + 1e-5f;
      });
    }
    return static_cast<double>(hits) / kQueries;
  }
  void expect_recall(const VectorIndex& index, const char* when) {
    EXPECT_GE(recall(index, true), kLeast) << when << ", repeated";
    EXPECT_GE(recall(index, false), kLeast) << when << ", others";
  }
  void remove_every_third() {
    for (std::size_t label = 0; label < stored_.size(); label += 3) {
      live_[label] = false;
      ASSERT_TRUE(sut_.remove(label));
    }
  }

  std::mt19937 random_{71};
  std::vector<Feature> stored_;
  std::vector<bool> repeated_, live_;
  VectorIndex sut_{options()};
};

TEST_P(RepeatedFeatures, AreFoundAsTheOthersAreBeforeAndAfterARebuildAndFromAnImage) {
  expect_recall(sut_, "built");
  remove_every_third();
  expect_recall(sut_, "with tombstones");
  maintain_all(sut_);
  EXPECT_GE(sut_.stats().rebuilds, 1u);
  expect_recall(sut_, "rebuilt");
  VectorIndex loaded(options());
  ASSERT_FALSE(loaded.load(saved(sut_), has_first_stamp).has_value());
  EXPECT_EQ(loaded.size(), sut_.size());
  expect_recall(loaded, "loaded");
}

constexpr auto kF32 = FeatureFormat::f32, kF16 = FeatureFormat::f16, kS8 = FeatureFormat::s8;
INSTANTIATE_TEST_SUITE_P(
    Mixtures, RepeatedFeatures,
    testing::Values(
        Repeats{"FewEqualFirst", kF32, 32, 50, 4000, 0.015, 0, Place::origin, Come::first},
        Repeats{"HalfEqualInOneOfTwoClusters", kF32, 32, 2, 4000, 0.5, 0, Place::centre, Come::mixed},
        Repeats{"NearlyAllEqual", kS8, 32, 50, 10'000, 0.99, 0, Place::centre, Come::last},
        Repeats{"FewNearlyEqual", kF32, 64, 800, 3000, 0.03, 1e-7f, Place::origin, Come::first},
        Repeats{"HalfNearlyEqualLast", kF32, 64, 120, 2000, 0.5, 1e-7f, Place::origin, Come::last},
        Repeats{"MostNearlyEqual", kF32, 128, 100, 2000, 0.9, 1e-6f, Place::origin, Come::mixed},
        Repeats{"MostNearlyEqualInOneOfTwoClusters", kF32, 64, 2, 2000, 0.9, 1e-6f, Place::centre, Come::mixed},
        Repeats{"MostNearlyEqualF16", kF16, 64, 80, 2000, 0.9, 1e-4f, Place::origin, Come::mixed},
        Repeats{"MostNearlyEqualS8", kS8, 64, 80, 2000, 0.9, 1e-7f, Place::origin, Come::mixed},
        Repeats{"ATenthNearlyEqualOfManyFloats", kS8, 256, 800, 1000, 0.1, 1e-5f, Place::origin, Come::mixed},
        Repeats{"NearlyAllNearlyEqualS8", kS8, 32, 50, 4000, 0.99, 1e-5f, Place::centre, Come::mixed}),
    [](const auto& info) { return std::string(info.param.name); });

// How far others are is not what a few outliers say: else all that lies near by would be one node to them.
TEST(SharedNodes, AreNotMadeOfWhatLiesApartBesideOutliers) {
  constexpr std::uint32_t kDimension = 32;
  constexpr std::size_t kFeatures = 600;
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  VectorIndex sut({.dimension = kDimension, .flat_limit = 0});
  std::vector<Feature> stored;
  for (std::size_t label = 0; label < kFeatures; ++label) {
    Feature feature(kDimension);
    for (float& number : feature) number = normal(random) * (label % 100 == 0 ? 1e6f : 1.0f);
    stored.push_back(feature);
    sut.add(label, feature);
    maintain_all(sut);
  }
  EXPECT_EQ(sut.stats().graph_nodes, kFeatures);
  std::size_t found = 0;
  for (std::size_t label = 0; label < kFeatures; ++label) {
    std::array<Neighbor, 1> nearest;
    found += sut.search(stored[label], nearest) == 1 && nearest[0].label == label;
  }
  EXPECT_GE(found, kFeatures * 97 / 100);
}

// Features that differ in their last bits are found under every label, whichever comes and goes.
TEST(SharedNodes, AnswerWithALabelThatIsLeft) {
  constexpr std::uint32_t kDimension = 16;
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  const auto around = [&](float spread) {
    Feature feature(kDimension, 1.0f);
    for (float& number : feature) number += normal(random) * spread;
    return feature;
  };
  VectorIndex sut({.dimension = kDimension, .flat_limit = 0});
  for (std::uint64_t label = 100; label < 200; ++label) sut.add(label, around(1.0f));
  maintain_all(sut);
  for (std::uint64_t label = 0; label < 50; ++label) sut.add(label, around(1e-6f));
  maintain_all(sut);
  EXPECT_LT(sut.stats().graph_nodes, 110u);
  for (std::uint64_t label = 0; label < 49; ++label) sut.remove(label);
  std::array<Neighbor, 1> nearest;
  ASSERT_EQ(sut.search(Feature(kDimension, 1.0f), nearest), 1u);
  EXPECT_EQ(nearest[0].label, 49u);
}

}  // namespace
}  // namespace memo::test
