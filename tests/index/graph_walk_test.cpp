// What a walk remembers, and when a search may stop early.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "index/graph/beam.h"
#include "index/graph/feature_graph.h"
#include "index/graph/graph_walk.h"
#include "index/graph/seen_nodes.h"
#include "tests/index/index_fixtures.h"

namespace memo::test {
namespace {

std::vector<int> all_waiting(const SeenNodes& seen) {
  const auto nodes = seen.waiting(seen.waiting_count());
  return {nodes.begin(), nodes.end()};
}

TEST(SeenNodes, EachWaitsOnceInOrderOfArrival) {
  SeenNodes sut;
  sut.fit(200);
  sut.add(std::vector<int>{7, 130, 7, 64});
  sut.add(std::vector<int>{64, 63, 130, 0});
  EXPECT_EQ(all_waiting(sut), (std::vector<int>{7, 130, 64, 63, 0}));
}

TEST(SeenNodes, ListsEndAtTheFirstNegativeNode) {
  SeenNodes sut;
  sut.fit(10);
  sut.add(std::vector<int>{3, -1, 4});
  sut.add(std::vector<int>{-1});
  EXPECT_EQ(all_waiting(sut), std::vector<int>{3});
}

TEST(SeenNodes, ComparedOnesWaitNoLongerButStaySeen) {
  SeenNodes sut;
  sut.fit(10);
  sut.add(std::vector<int>{1, 2, 3});
  sut.have_compared(2);
  sut.add(std::vector<int>{2, 4, 1});
  EXPECT_EQ(all_waiting(sut), (std::vector<int>{3, 4}));
  EXPECT_EQ(sut.waiting(1).size(), 1u);
}

TEST(SeenNodes, ClearForgetsThemAllThroughManyWalks) {
  constexpr int kNodes = 5000;
  std::mt19937 random(3);
  SeenNodes sut;
  sut.fit(kNodes);
  for (int walk = 0; walk < 50; ++walk) {
    std::set<int> expected;
    for (int list = 0; list < 40; ++list) {
      std::vector<int> links(48);
      for (int& node : links) node = static_cast<int>(random() % kNodes);
      sut.add(links);
      expected.insert(links.begin(), links.end());
    }
    std::vector<int> seen = all_waiting(sut);
    std::ranges::sort(seen);
    ASSERT_EQ(seen, std::vector<int>(expected.begin(), expected.end())) << "walk " << walk;
    sut.have_compared(walk % 2 == 0 ? sut.waiting_count() : 1);
    sut.clear();
  }
}

class BeamModel : public testing::TestWithParam<std::size_t> {};

TEST_P(BeamModel, KeepsTheNearestInOrderAndTakesTheNearestUntaken) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    Beam sut;
    sut.reset(GetParam(), 1);
    std::vector<NodeDistance> model;
    std::set<int> taken;
    for (int node = 0; node < 300; ++node) {
      // Few values, so that equal distances come.
      const NodeDistance offered{static_cast<float>(random() % 40), node};
      sut.offer(offered);
      const auto place =
          std::upper_bound(model.begin(), model.end(), offered.distance,
                           [](float distance, const NodeDistance& other) { return distance < other.distance; });
      model.insert(place, offered);
      model.resize(std::min(model.size(), GetParam()));
      if (random() % 3 != 0) continue;
      const auto next = std::find_if(model.begin(), model.end(),
                                     [&](const NodeDistance& known) { return !taken.contains(known.node); });
      const auto got = sut.take_next();
      ASSERT_EQ(got.has_value(), next != model.end());
      if (!got) continue;
      ASSERT_EQ(*got, next->node);
      taken.insert(*got);
    }
    ASSERT_EQ(sut.size(), model.size());
    for (std::size_t rank = 0; rank < model.size(); ++rank) EXPECT_EQ(sut[rank].node, model[rank].node);
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, BeamModel, testing::Values(1, 2, 3, 7, 8, 48, 400));

TEST(Beam, CountsWhatIsTakenSinceOneOfTheBestCame) {
  Beam sut;
  sut.reset(8, 2);
  for (int node = 0; node < 4; ++node) sut.offer({static_cast<float>(10 + node), node});
  (void)sut.take_next();
  (void)sut.take_next();
  EXPECT_EQ(sut.taken_in_vain(), 2u);
  sut.offer({12.5f, 4});  // third at best
  EXPECT_EQ(sut.taken_in_vain(), 2u);
  sut.offer({10.5f, 5});  // second
  EXPECT_EQ(sut.taken_in_vain(), 0u);
  (void)sut.take_next();
  EXPECT_EQ(sut.taken_in_vain(), 1u);
  sut.reset(8, 2);
  EXPECT_EQ(sut.taken_in_vain(), 0u);
}

TEST(Beam, KeepsFewOfEquallyFarNodesAndCountsThemAsFew) {
  Beam sut;
  sut.reset(20, 4, 4);
  for (int node = 0; node < 10; ++node) sut.offer({1.0f - 1e-6f * static_cast<float>(node * 7 % 10), node});
  EXPECT_GE(sut.size(), 4u);
  EXPECT_LT(sut.size(), 8u);
  (void)sut.take_next();
  sut.offer({2.0f, 10});  // behind those that are two or three
  EXPECT_EQ(sut.taken_in_vain(), 0u);
  for (int node = 11; node < 14; ++node) sut.offer({static_cast<float>(node), node});
  (void)sut.take_next();
  sut.offer({100.0f, 14});
  EXPECT_EQ(sut.taken_in_vain(), 1u);
  sut.offer({0.5f, 15});
  EXPECT_EQ(sut.taken_in_vain(), 0u);
}

TEST(Beam, TakesInfiniteDistancesWhileThereIsRoom) {
  constexpr float kInfinite = std::numeric_limits<float>::infinity();
  Beam sut;
  sut.reset(2, 1);
  sut.offer({kInfinite, 0});
  sut.offer({kInfinite, 1});
  EXPECT_FALSE(sut.would_take(kInfinite));
  sut.offer({1.0f, 2});
  ASSERT_EQ(sut.size(), 2u);
  EXPECT_EQ(sut[0].node, 2);
  EXPECT_EQ(sut[1].node, 0);
}

// Squared, these overflow.
TEST(GraphWalk, FeaturesInfinitelyFarFromEachOtherAreLinkedAndWalkedOver) {
  ClusteredFeatures source(41);
  VectorIndex sut({.dimension = kDimension, .flat_limit = 0});
  std::vector<Feature> stored(300);
  for (std::size_t label = 0; label < stored.size(); ++label) {
    stored[label] = source.next();
    if (label % 3 != 1)
      for (float& value : stored[label]) value *= 1e25f;
    sut.add(label, stored[label]);
    maintain_all(sut);
  }
  ASSERT_EQ(sut.stats().tail, 0u);
  std::size_t found = 0;
  for (std::size_t label = 1; label < stored.size(); label += 3) {
    const auto nearest = search(sut, stored[label], 1);
    found += !nearest.empty() && nearest.front().label == label;
  }
  EXPECT_GE(found, 95u) << "of 100";
}

TEST(GraphWalk, EndsEarlyWhenItsPatienceDoes) {
  ClusteredFeatures source(37);
  FeatureGraph graph({.dimension = kDimension});
  for (std::uint64_t label = 0; label < 2000; ++label) graph.add(label, source.next());
  const Feature query = source.next();
  WalkMemory memory;
  GraphWalk walk(graph.links(), graph.features(), query.data(), memory);
  EXPECT_TRUE(walk.search_level(0, walk.descend_to(0), {.width = 200, .best = 8}));
  EXPECT_EQ(memory.beam.size(), 200u);
  const NodeDistance nearest = memory.beam[0];
  EXPECT_FALSE(walk.search_level(0, walk.descend_to(0), {.width = 200, .best = 8, .patience = 32}));
  EXPECT_EQ(memory.beam[0].node, nearest.node);
  EXPECT_EQ(memory.seen.waiting_count(), 0u);
  EXPECT_TRUE(walk.search_level(0, walk.descend_to(0), {.width = 200, .best = 8}));
  EXPECT_EQ(memory.beam.size(), 200u) << "marks of the walk that ended early are left";
}

// Groups so dense that what is removed is all that a patient search would settle on.
class Patience : public testing::Test {
 protected:
  static constexpr std::size_t kStored = 6000;
  static VectorIndexOptions options(std::uint32_t patience) {
    return {.dimension = kDimension, .flat_limit = 0, .search_patience = patience, .rebuild_fraction = 1};
  }
  void fill(VectorIndex& index) {
    add_all(index, stored_);
    maintain_all(index);
  }
  double recall_of_one(const VectorIndex& index, const std::vector<bool>& gone) {
    constexpr std::size_t kQueries = 300;
    std::size_t right = 0;
    for (std::size_t q = 0; q < kQueries; ++q) {
      const Feature& query = stored_[q * 17];
      const auto expected = exhaustive(stored_, query, 1, [&](std::size_t label) { return !gone[label]; });
      right += search(index, query, 8).front().label == expected.front().label;
    }
    return static_cast<double>(right) / kQueries;
  }

  ClusteredFeatures source_{29};
  std::vector<Feature> stored_ = source_.many(kStored);
  std::vector<bool> nothing_gone_ = std::vector<bool>(kStored);
};

TEST_F(Patience, EndsEarlyWithoutLosingNeighbours) {
  VectorIndex patient(options(32)), thorough(options(0));
  fill(patient);
  fill(thorough);
  EXPECT_GE(recall_of_one(patient, nothing_gone_), 0.99);
  EXPECT_GE(recall_of_one(thorough, nothing_gone_), 0.99);
}

TEST_F(Patience, IsNotSpentOnTombstones) {
  VectorIndex sut(options(32));
  fill(sut);
  // Of each query the forty nearest: four fifths of all go, and every search settles on tombstones first.
  std::vector<bool> gone(kStored);
  for (std::size_t q = 0; q < 300; ++q)
    for (const Neighbor& near : exhaustive(stored_, stored_[q * 17], 40, kEveryone))
      if (!gone[near.label]) gone[near.label] = sut.remove(near.label);
  EXPECT_GE(recall_of_one(sut, gone), 0.97);
}

}  // namespace
}  // namespace memo::test
