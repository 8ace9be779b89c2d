// Which links a node has among others that crowd.
#include "index/graph/link_choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/index/index_fixtures.h"

namespace memo::test {
namespace {

constexpr std::size_t kMost = 16;

class Links : public testing::Test {
 protected:
  void add(const Feature& feature) { features_.append(features_.size(), feature); }
  Feature around(Feature feature, float spread) {
    std::normal_distribution<float> normal(0, spread);
    for (float& value : feature) value += normal(random_);
    return feature;
  }
  // Of the first node, to all others.
  std::vector<NodeDistance> chosen() {
    NodeDistances distances(features_, static_cast<int>(features_.size()), nullptr);
    std::vector<NodeDistance> candidates;
    for (int node = 1; node < static_cast<int>(features_.size()); ++node)
      candidates.push_back({distances.between(0, node), node});
    std::ranges::sort(candidates, {}, &NodeDistance::distance);
    return choose_links(candidates, kMost, distances);
  }

  std::mt19937 random_{3};
  FeatureList features_{{kDimension, FeatureFormat::f32}, FeatureList::Blocks::small};
};

TEST_F(Links, GoToAllWhileThereIsRoom) {
  for (std::size_t node = 0; node < kMost; ++node) add(around(Feature(kDimension), 1));
  EXPECT_EQ(chosen().size(), kMost - 1);
}

TEST_F(Links, GoPastANodeInTheMidstOfAll) {
  add(around(Feature(kDimension), 1));
  add(Feature(kDimension));
  for (int node = 0; node < 100; ++node) add(around(Feature(kDimension), 1));
  const auto links = chosen();
  EXPECT_EQ(links.front().node, 1);
  EXPECT_GE(links.size(), kMost / 4);
}

TEST_F(Links, GoToFewOfNodesThatAreAlike) {
  const auto is_alike = [](const NodeDistance& link) { return link.node <= 50; };
  add(Feature(kDimension, 1.0f));
  for (int node = 0; node < 50; ++node) add(around(Feature(kDimension), 1e-7f));
  for (int node = 0; node < 50; ++node) add(around(Feature(kDimension, -1.0f), 0.01f));
  const auto links = chosen();
  const auto alike = std::ranges::count_if(links, is_alike);
  EXPECT_LE(alike, 2);
  EXPECT_GE(links.size() - static_cast<std::size_t>(alike), kMost / 8);
}

}  // namespace
}  // namespace memo::test
