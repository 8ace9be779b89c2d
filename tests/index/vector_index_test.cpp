#include "index/vector_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/index/index_fixtures.h"

namespace memo::test {
namespace {

VectorIndexOptions flat_only() {
  return {.dimension = kDimension, .flat_limit = 1 << 20};
}
VectorIndexOptions graph_at_once() {
  return {.dimension = kDimension, .flat_limit = 0};
}

TEST(VectorIndex, EmptyIndexFindsNothing) {
  const VectorIndex sut(graph_at_once());
  EXPECT_TRUE(search(sut, Feature(kDimension), 3).empty());
  EXPECT_EQ(sut.size(), 0u);
}

TEST(VectorIndex, FlatSearchIsExactAndSorted) {
  ClusteredFeatures source(1);
  const auto stored = source.many(500);
  VectorIndex sut(flat_only());
  add_all(sut, stored);
  for (int i = 0; i < 20; ++i) {
    const Feature query = source.next();
    const auto expected = exhaustive(stored, query, 10, kEveryone);
    const auto found = search(sut, query, 10);
    ASSERT_EQ(found.size(), 10u);
    for (std::size_t rank = 0; rank < 10; ++rank) {
      EXPECT_EQ(found[rank].label, expected[rank].label);
      EXPECT_NEAR(found[rank].distance, expected[rank].distance, 1e-4f);
    }
  }
}

TEST(VectorIndex, FewerStoredThanAskedForReturnsAll) {
  ClusteredFeatures source(2);
  VectorIndex sut(flat_only());
  add_all(sut, source.many(3));
  EXPECT_EQ(search(sut, source.next(), 8).size(), 3u);
}

TEST(VectorIndex, BesideTheSettledAreTheNearestThatTheSearchCameBy) {
  ClusteredFeatures source(12);
  const auto stored = source.many(3000);
  VectorIndex sut(graph_at_once());
  add_all(sut, stored);
  while (sut.maintain()) {
  }
  std::size_t right = 0;
  for (int i = 0; i < 50; ++i) {
    const Feature query = source.next();
    const auto settled = search(sut, query, 8);
    std::vector<Neighbor> nearest(64);
    ASSERT_EQ(sut.search(query, nearest, 8), 64u);
    for (std::size_t rank = 0; rank < 8; ++rank) EXPECT_EQ(nearest[rank].label, settled[rank].label);
    const float farthest = exhaustive(stored, query, 64, kEveryone).back().distance;
    for (std::size_t rank = 8; rank < 64; ++rank) {
      EXPECT_GE(nearest[rank].distance, nearest[rank - 1].distance);
      right += nearest[rank].distance <= farthest + 1e-4f;
    }
  }
  EXPECT_GT(right, 50u * 56 * 7 / 10);
}

TEST(VectorIndex, RemovedFeaturesLeaveAsManySettledAsAreAskedFor) {
  ClusteredFeatures source(13);
  const auto stored = source.many(2000);
  VectorIndex sut({.dimension = kDimension, .flat_limit = 0, .rebuild_fraction = 1});
  add_all(sut, stored);
  while (sut.maintain()) {
  }
  for (std::size_t label = 0; label < 2000; ++label)
    if (label % 4 != 0) sut.remove(label);
  for (int i = 0; i < 50; ++i) {
    std::vector<Neighbor> nearest(64);
    const std::size_t count = sut.search(source.next(), nearest, 8);
    EXPECT_GE(count, 8u);
    for (std::size_t rank = 0; rank < count; ++rank) EXPECT_EQ(nearest[rank].label % 4, 0u);
  }
}

TEST(VectorIndex, MaintainLeavesASmallIndexFlat) {
  ClusteredFeatures source(3);
  VectorIndex sut({.dimension = kDimension, .flat_limit = 10});
  add_all(sut, source.many(10));
  EXPECT_FALSE(sut.maintain());
}

TEST(VectorIndex, MaintainMovesABoundedBatchAtATime) {
  ClusteredFeatures source(4);
  VectorIndex sut(graph_at_once());
  add_all(sut, source.many(100));
  EXPECT_TRUE(sut.maintain());
  maintain_all(sut);
  EXPECT_FALSE(sut.maintain());
  EXPECT_EQ(sut.size(), 100u);
}

TEST(VectorIndex, GraphRecallIsAbove95Percent) {
  ClusteredFeatures source(5);
  const auto stored = source.many(3000);
  VectorIndex sut(graph_at_once());
  add_all(sut, stored);
  maintain_all(sut);
  std::size_t hits = 0;
  for (int i = 0; i < 100; ++i) {
    const Feature query = source.next();
    const auto expected = exhaustive(stored, query, 10, kEveryone);
    for (const Neighbor& neighbor : search(sut, query, 10))
      hits += neighbor.distance <= expected.back().distance + 1e-4f;
  }
  EXPECT_GE(hits, 950u);
}

TEST(VectorIndex, FindsNeighboursInGraphAndTailTogether) {
  ClusteredFeatures source(6);
  auto stored = source.many(1000);
  VectorIndex sut(graph_at_once());
  add_all(sut, stored);
  maintain_all(sut);
  stored.push_back(source.next());
  sut.add(1000, stored.back());
  EXPECT_EQ(search(sut, stored.back(), 1).front().label, 1000u);
  EXPECT_EQ(search(sut, stored[17], 1).front().label, 17u);
}

class RemovalFromVectorIndex : public testing::TestWithParam<bool> {
 protected:
  RemovalFromVectorIndex() : sut_(GetParam() ? graph_at_once() : flat_only()) {
    add_all(sut_, stored_);
    maintain_all(sut_);
  }
  ClusteredFeatures source_{7};
  std::vector<Feature> stored_ = source_.many(1200);
  VectorIndex sut_;
};

TEST_P(RemovalFromVectorIndex, RemovedLabelIsNotFound) {
  ASSERT_EQ(search(sut_, stored_[5], 1).front().label, 5u);
  EXPECT_TRUE(sut_.remove(5));
  EXPECT_NE(search(sut_, stored_[5], 1).front().label, 5u);
  EXPECT_EQ(sut_.size(), 1199u);
}

TEST_P(RemovalFromVectorIndex, UnknownLabelIsReported) {
  EXPECT_FALSE(sut_.remove(99999));
  EXPECT_TRUE(sut_.remove(3));
  EXPECT_FALSE(sut_.remove(3));
}

TEST_P(RemovalFromVectorIndex, SearchStillFillsItsListFromWhatIsLeft) {
  // Everything near the query goes: the survivors are what an ordinary candidate list never reaches.
  const auto order = exhaustive(stored_, stored_[0], stored_.size(), kEveryone);
  std::vector<bool> gone(stored_.size());
  for (std::size_t rank = 0; rank < 1190; ++rank) {
    gone[order[rank].label] = true;
    ASSERT_TRUE(sut_.remove(order[rank].label));
  }
  const auto expected = exhaustive(stored_, stored_[0], 10, [&](std::size_t label) { return !gone[label]; });
  const auto found = search(sut_, stored_[0], 10);
  ASSERT_EQ(found.size(), 10u);
  for (std::size_t rank = 0; rank < 10; ++rank) EXPECT_EQ(found[rank].label, expected[rank].label);
}

TEST_P(RemovalFromVectorIndex, LabelCanBeAddedAgainWithAnotherFeature) {
  const Feature moved(kDimension, 50.0f);
  ASSERT_TRUE(sut_.remove(8));
  sut_.add(8, moved);
  maintain_all(sut_);
  const auto found = search(sut_, moved, 1);
  EXPECT_EQ(found.front().label, 8u);
  EXPECT_EQ(found.front().distance, 0.0f);
  for (const Neighbor& neighbor : search(sut_, stored_[8], 50)) EXPECT_NE(neighbor.label, 8u);
}

TEST_P(RemovalFromVectorIndex, EverythingRemovedFindsNothing) {
  for (std::size_t label = 0; label < stored_.size(); ++label) ASSERT_TRUE(sut_.remove(label));
  EXPECT_TRUE(search(sut_, stored_[0], 5).empty());
}

INSTANTIATE_TEST_SUITE_P(FlatAndGraph, RemovalFromVectorIndex, testing::Bool(),
                         [](const auto& info) { return info.param ? "Graph" : "Flat"; });

TEST(VectorIndex, SearchesStayExactForStableLabelsWhileOthersComeAndGo) {
  ClusteredFeatures source(8);
  const auto stored = source.many(400);
  VectorIndex sut({.dimension = kDimension, .flat_limit = 100});
  for (std::size_t label = 0; label < 200; ++label) sut.add(label, stored[label]);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int round = 0; round < 3; ++round) {
      for (std::size_t label = 200; label < 400; ++label) sut.add(label, stored[label]);
      for (std::size_t label = 200; label < 400; ++label) sut.remove(label);
    }
    done = true;
  });
  std::thread maintainer([&] {
    while (!done) sut.maintain();
  });
  std::size_t wrong = 0;
  for (std::size_t i = 0; !done || i < 200; ++i) wrong += search(sut, stored[i % 200], 1).front().distance != 0.0f;
  writer.join();
  maintainer.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(sut.size(), 200u);
}

}  // namespace
}  // namespace memo::test
