// Rebuilds: what is found while a graph is replaced, and what the new one holds.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "tests/index/index_fixtures.h"

namespace memo::test {
namespace {

// Far from every clustered feature, and from the others of its kind.
Feature landmark(std::size_t number) {
  return Feature(kDimension, 50.0f + static_cast<float>(number));
}

class Rebuild : public testing::Test {
 protected:
  static constexpr std::size_t kStored = 1000;

  Rebuild() {
    add_all(sut_, stored_);
    maintain_all(sut_);
  }
  void remove(std::size_t first, std::size_t last) {
    for (std::size_t label = first; label < last; ++label) ASSERT_TRUE(sut_.remove(label));
  }
  // Leaves labels from 300 on, with a rebuild that has copied about `copied` of them.
  void begin_rebuild(std::size_t copied) {
    remove(0, 300);
    while (!sut_.stats().rebuilding) ASSERT_TRUE(sut_.maintain());
    for (std::size_t step = 0; step < copied / 8; ++step) ASSERT_TRUE(sut_.maintain());
    ASSERT_TRUE(sut_.stats().rebuilding);
  }
  bool is_found(const Feature& feature, std::uint64_t label) {
    const auto found = search(sut_, feature, 1);
    return !found.empty() && found[0].label == label && found[0].distance == 0.0f;
  }
  void finish_rebuild() {
    maintain_all(sut_);
    ASSERT_EQ(sut_.stats().rebuilds, 1u);
    ASSERT_FALSE(sut_.stats().rebuilding);
  }

  ClusteredFeatures source_{11};
  std::vector<Feature> stored_ = source_.many(kStored);
  VectorIndex sut_{rebuilt_early()};
};

TEST_F(Rebuild, DoesNotStartBelowTheFraction) {
  remove(0, 250);
  EXPECT_FALSE(sut_.maintain());
  EXPECT_EQ(sut_.stats().removed_nodes, 250u);
  EXPECT_FALSE(sut_.stats().rebuilding);
}

TEST_F(Rebuild, DoesNotStartBelowTheMinimum) {
  VectorIndex sut({.dimension = kDimension, .flat_limit = 0, .rebuild_minimum = 500});
  add_all(sut, stored_);
  maintain_all(sut);
  for (std::size_t label = 0; label < 499; ++label) ASSERT_TRUE(sut.remove(label));
  EXPECT_FALSE(sut.maintain());
  ASSERT_TRUE(sut.remove(499));
  EXPECT_TRUE(sut.maintain());
  EXPECT_TRUE(sut.stats().rebuilding);
}

TEST_F(Rebuild, LeavesNoTombstonesAndExactlyTheLiveLabels) {
  remove(0, 300);
  maintain_all(sut_);
  const VectorIndexStats stats = sut_.stats();
  EXPECT_EQ(stats.rebuilds, 1u);
  EXPECT_EQ(stats.graph_nodes, 700u);
  EXPECT_EQ(stats.removed_nodes, 0u);
  EXPECT_EQ(stats.live, 700u);
  std::vector<bool> found(kStored);
  for (const Neighbor& neighbor : search(sut_, stored_[0], kStored)) found[neighbor.label] = true;
  for (std::size_t label = 0; label < kStored; ++label) {
    EXPECT_EQ(found[label], label >= 300) << label;
    EXPECT_EQ(sut_.contains(label), label >= 300) << label;
  }
}

TEST_F(Rebuild, RecallOfPlantedNeighboursIsAbove95Percent) {
  remove(0, 300);
  maintain_all(sut_);
  const auto live = [](std::size_t label) { return label >= 300; };
  std::size_t hits = 0;
  for (std::size_t planted = 300; planted < kStored; ++planted) {
    Feature query = stored_[planted];
    query[planted % kDimension] += 0.05f;
    hits += search(sut_, query, 1).front().label == exhaustive(stored_, query, 1, live).front().label;
  }
  EXPECT_GE(hits, 665u);
}

TEST_F(Rebuild, OfNothingLeavesAnEmptyIndexThatWorks) {
  remove(0, kStored);
  maintain_all(sut_);
  EXPECT_EQ(sut_.stats().graph_nodes, 0u);
  EXPECT_TRUE(search(sut_, stored_[0], 3).empty());
  sut_.add(5, stored_[5]);
  maintain_all(sut_);
  EXPECT_TRUE(is_found(stored_[5], 5));
}

TEST_F(Rebuild, TailMovesOnMeanwhile) {
  begin_rebuild(100);
  for (std::size_t number = 0; number < 40; ++number) sut_.add(2000 + number, landmark(number));
  for (int step = 0; step < 10; ++step) ASSERT_TRUE(sut_.maintain());
  EXPECT_TRUE(sut_.stats().rebuilding);
  EXPECT_EQ(sut_.stats().tail, 0u);
}

TEST_F(Rebuild, FeaturesAddedMeanwhileAreFoundAtOnceAndAfterwards) {
  begin_rebuild(300);
  for (std::size_t number = 0; number < 40; ++number) {
    sut_.add(2000 + number, landmark(number));
    sut_.maintain();
    EXPECT_TRUE(is_found(landmark(number), 2000 + number));
  }
  finish_rebuild();
  for (std::size_t number = 0; number < 40; ++number) EXPECT_TRUE(is_found(landmark(number), 2000 + number));
  EXPECT_EQ(sut_.size(), 740u);
}

TEST_F(Rebuild, LabelsRemovedMeanwhileStayAway) {
  begin_rebuild(300);
  // Some were copied, and become tombstones of the new graph; the others never get there.
  for (std::size_t label = 300; label < kStored; label += 10) ASSERT_TRUE(sut_.remove(label));
  finish_rebuild();
  const VectorIndexStats stats = sut_.stats();
  EXPECT_EQ(stats.live, 630u);
  EXPECT_EQ(stats.graph_nodes - stats.removed_nodes, 630u);
  EXPECT_LT(stats.removed_nodes, 70u);
  EXPECT_GT(stats.removed_nodes, 0u);
  for (const Neighbor& neighbor : search(sut_, stored_[310], kStored)) EXPECT_NE(neighbor.label % 10, 0u);
}

TEST_F(Rebuild, LabelUsedAgainMeanwhileStandsForItsNewFeatureOnly) {
  begin_rebuild(300);
  const std::vector<std::size_t> labels{305, 310, 995, 999};  // copied already, and not yet
  for (const std::size_t label : labels) {
    ASSERT_TRUE(sut_.remove(label));
    sut_.add(label, landmark(label));
  }
  finish_rebuild();
  EXPECT_EQ(sut_.size(), 700u);
  for (const std::size_t label : labels) {
    EXPECT_TRUE(is_found(landmark(label), label));
    EXPECT_FALSE(is_found(stored_[label], label));
  }
}

TEST_F(Rebuild, LabelUsedAgainAndAgainMeanwhileIsThereOnce) {
  begin_rebuild(100);
  for (std::size_t round = 0; sut_.stats().rebuilding; ++round) {
    ASSERT_TRUE(sut_.remove(300));
    sut_.add(300, landmark(round));
    sut_.maintain();
    EXPECT_TRUE(is_found(landmark(round), 300));
    std::size_t copies = 0;
    for (const Neighbor& neighbor : search(sut_, landmark(round), kStored)) copies += neighbor.label == 300;
    EXPECT_EQ(copies, 1u);
  }
}

// Random operations against a map that an exhaustive search goes through.
TEST(RebuildModel, EveryAnswerIsThatOfAnExhaustiveSearch) {
  ClusteredFeatures source(12);
  std::mt19937 random(12);
  VectorIndex sut(rebuilt_early());
  std::map<std::uint64_t, Feature> live;
  for (int operation = 0; operation < 20000; ++operation) {
    const std::uint64_t label = random() % 300;
    const auto choice = random() % 4;
    if (choice == 0 && !live.contains(label)) sut.add(label, live[label] = source.next());
    if (choice == 1) {
      EXPECT_EQ(sut.remove(label), live.erase(label) == 1);
    }
    if (choice == 2) sut.maintain();
    if (choice != 3) continue;
    const auto found = live.find(label);
    EXPECT_EQ(sut.contains(label), found != live.end());
    if (found == live.end()) continue;
    const auto nearest = search(sut, found->second, 1);
    ASSERT_EQ(nearest.size(), 1u);
    EXPECT_EQ(nearest[0].label, label);
    EXPECT_EQ(nearest[0].distance, 0.0f);
  }
  EXPECT_EQ(sut.size(), live.size());
  EXPECT_GT(sut.stats().rebuilds, 10u);
}

}  // namespace
}  // namespace memo::test
