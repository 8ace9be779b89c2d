#include "model/memo/map_blend.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <utility>

#include "model/memo/lineage.h"

namespace memo {
namespace {

std::vector<std::uint32_t> weights(std::vector<float> distances) {
  return blend_weights(distances);
}

Match match(std::uint64_t number, float distance) {
  Match match;
  match.distance = distance;
  match.key = {7, number};
  return match;
}

MapBlend blend(std::initializer_list<std::pair<std::uint64_t, float>> maps) {
  std::vector<Match> matches;
  for (const auto& [number, distance] : maps) matches.push_back(match(number, distance));
  return MapBlend(std::move(matches));
}

TEST(BlendWeights, FallWithTheFourthPowerOfTheDistance) {
  EXPECT_EQ(weights({1, 2}), (std::vector<std::uint32_t>{964, 60}));
  EXPECT_EQ(weights({3, 3, 3, 3}), (std::vector<std::uint32_t>{256, 256, 256, 256}));
}

TEST(BlendWeights, AlwaysSumToAllParts) {
  for (const float ratio : {1.0f, 1.001f, 1.3f, 2.0f, 100.0f})
    for (std::size_t count = 1; count <= kMaxBlendedMaps; ++count) {
      std::vector<float> distances(count, 0.37f);
      for (std::size_t i = 1; i < count; ++i) distances[i] = ratio * distances[i - 1];
      const auto parts = weights(distances);
      EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), 0u), kBlendParts) << ratio << " " << count;
    }
}

TEST(BlendWeights, DoNotDependOnTheScaleOfFeatures) {
  EXPECT_EQ(weights({1, 2, 3}), weights({1e-12f, 2e-12f, 3e-12f}));
  EXPECT_EQ(weights({1, 2, 3}), weights({1e12f, 2e12f, 3e12f}));
}

TEST(BlendWeights, AMapAtNoDistanceTakesAll) {
  EXPECT_EQ(weights({0, 0.5f}), (std::vector<std::uint32_t>{kBlendParts, 0}));
  EXPECT_EQ(weights({0, 0}), (std::vector<std::uint32_t>{512, 512}));
  EXPECT_EQ(weights({0}), (std::vector<std::uint32_t>{kBlendParts}));
}

TEST(MapBlend, LetsGoOfMapsThatWeighNothing) {
  const MapBlend sut = blend({{1, 0.01f}, {2, 0.02f}, {3, 50}});
  ASSERT_EQ(sut.size(), 2u);
  EXPECT_EQ(sut.map(1).key, (Key{7, 2}));
  EXPECT_FLOAT_EQ(sut.weight(0) + sut.weight(1), 1);
}

TEST(MapBlend, OfOneMapHasItsKey) {
  EXPECT_EQ(blend({{5, 0.5f}}).key(), (Key{7, 5}));
  EXPECT_EQ(blend({{5, 0}, {6, 1}}).key(), (Key{7, 5}));
}

TEST(MapBlend, KeyTellsMapsAndWeightsApart) {
  const Key key = blend({{1, 1}, {2, 2}}).key();
  EXPECT_EQ(key, blend({{1, 2}, {2, 4}}).key());        // the same weights
  EXPECT_EQ(key, blend({{1, 1}, {2, 2.0001f}}).key());  // but for what two processes may differ by
  EXPECT_NE(key, blend({{1, 1}, {2, 2.5f}}).key());
  EXPECT_NE(key, blend({{1, 1}, {3, 2}}).key());
  EXPECT_NE(key, blend({{2, 1}, {1, 2}}).key());
  EXPECT_NE(key, blend({{1, 1}}).key());
}

TEST(MapBlend, OfNothingIsNoMap) {
  const MapBlend sut(std::vector<Match>{});
  EXPECT_FALSE(sut);
  EXPECT_FALSE(sut.exact());
}

TEST(MapBlend, SequencesWithoutOneAreMissing) {
  std::vector<MapBlend> blends(3);
  blends[1] = blend({{1, 1}});
  EXPECT_EQ(missing(blends), (std::vector<std::size_t>{0, 2}));
}

TEST(MapBlend, IsIntactOnlyIfEveryMapIs) {
  std::atomic<std::uint64_t> first{5}, second{6};
  const auto view = [](const std::atomic<std::uint64_t>& word) {
    View::Parts parts;
    parts.state_word = &word;
    parts.generation = Generation{word.load()};
    return View(std::move(parts));
  };
  std::vector<Match> matches;
  matches.push_back(match(1, 1));
  matches.push_back(match(2, 1));
  matches[0].view = view(first);
  matches[1].view = view(second);
  const MapBlend sut(std::move(matches));
  EXPECT_TRUE(sut.intact());
  second = 7;
  EXPECT_FALSE(sut.intact());
}

}  // namespace
}  // namespace memo
