// How often a search finds what an exhaustive one over the features themselves finds, for each format.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/index/index_fixtures.h"

namespace memo::test {
namespace {

constexpr std::uint32_t kWide = 128;

// As features of texts: groups of related ones of various sizes and widths, some of them nearly alike.
class TextLikeFeatures {
 public:
  explicit TextLikeFeatures(unsigned seed) : random_(seed), centres_(200) {
    for (Feature& centre : centres_) centre = around(Feature(kWide, 0.0f), 1.0f);
  }
  Feature next() {
    const std::size_t group = std::min(random_() % centres_.size(), random_() % centres_.size());
    return around(centres_[group], 0.1f + 0.3f * static_cast<float>(group % 7) / 7);
  }
  Feature around(Feature centre, float spread) {
    std::normal_distribution<float> normal(0.0f, spread);
    for (float& value : centre) value += normal(random_);
    return centre;
  }

 private:
  std::mt19937 random_;
  std::vector<Feature> centres_;
};

struct RecallCase {
  FeatureFormat format;
  std::size_t flat_limit;
  double nearby;   // least recall@1 of queries near a stored feature
  double strange;  // of new features of the same groups
};

class Recall : public testing::TestWithParam<RecallCase> {
 protected:
  static constexpr std::size_t kStored = 6000;
  static constexpr std::size_t kQueries = 400;

  Recall() {
    for (Feature& feature : stored_) feature = source_.next();
    add_all(sut_, stored_);
    maintain_all(sut_);
  }
  // Of the nearest among the eight that a store looks at again with the features themselves.
  double recall(const std::vector<Feature>& queries) {
    std::size_t hits = 0;
    for (const Feature& query : queries) {
      const std::uint64_t expected = exhaustive(stored_, query, 1, kEveryone)[0].label;
      const auto found = search(sut_, query, 8);
      const auto best = std::ranges::min(
          found, [&](const Neighbor& a, const Neighbor& b) { return exact(a, query) < exact(b, query); });
      hits += best.label == expected;
    }
    return static_cast<double>(hits) / static_cast<double>(queries.size());
  }
  float exact(const Neighbor& neighbor, const Feature& query) const { return l2(stored_[neighbor.label], query); }

  TextLikeFeatures source_{51};
  std::vector<Feature> stored_ = std::vector<Feature>(kStored);
  VectorIndex sut_{{.dimension = kWide, .features = GetParam().format, .flat_limit = GetParam().flat_limit}};
};

TEST_P(Recall, OfQueriesNearAStoredFeature) {
  std::vector<Feature> queries(kQueries);
  for (std::size_t i = 0; i < kQueries; ++i) queries[i] = source_.around(stored_[i * 7], 0.05f);
  EXPECT_GE(recall(queries), GetParam().nearby);
}

TEST_P(Recall, OfNewFeaturesOfTheSameGroups) {
  std::vector<Feature> queries(kQueries);
  for (Feature& query : queries) query = source_.next();
  EXPECT_GE(recall(queries), GetParam().strange);
}

constexpr std::size_t kGraph = 0, kFlat = 1 << 20;
INSTANTIATE_TEST_SUITE_P(Formats, Recall,
                         testing::Values(RecallCase{FeatureFormat::f32, kFlat, 1, 1},
                                         RecallCase{FeatureFormat::f32, kGraph, 0.99, 0.97},
                                         RecallCase{FeatureFormat::f16, kFlat, 1, 0.995},
                                         RecallCase{FeatureFormat::f16, kGraph, 0.99, 0.97},
                                         RecallCase{FeatureFormat::s8, kFlat, 0.995, 0.98},
                                         RecallCase{FeatureFormat::s8, kGraph, 0.985, 0.96}),
                         [](const auto& info) {
                           return std::string(to_string(info.param.format)) +
                                  (info.param.flat_limit == kFlat ? "Flat" : "Graph");
                         });

}  // namespace
}  // namespace memo::test
