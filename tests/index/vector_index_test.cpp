#include "index/vector_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace memo {
namespace {

constexpr std::size_t kDimension = 24;
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

float l2(const Feature& a, const Feature& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  return static_cast<float>(std::sqrt(sum));
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

std::vector<Neighbor> search(const VectorIndex& index, const Feature& query, std::size_t k) {
  std::vector<Neighbor> nearest(k);
  nearest.resize(index.search(query, nearest));
  return nearest;
}

VectorIndexOptions flat_only() {
  return {.dimension = kDimension, .flat_limit = 1 << 20};
}
VectorIndexOptions graph_at_once() {
  return {.dimension = kDimension, .flat_limit = 0};
}

void add_all(VectorIndex& index, const std::vector<Feature>& features) {
  for (std::size_t label = 0; label < features.size(); ++label) index.add(label, features[label]);
}
void move_all_to_graph(VectorIndex& index) {
  while (index.maintain()) continue;
}

constexpr auto kEveryone = [](std::size_t) { return true; };

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
  move_all_to_graph(sut);
  EXPECT_FALSE(sut.maintain());
  EXPECT_EQ(sut.size(), 100u);
}

TEST(VectorIndex, GraphRecallIsAbove95Percent) {
  ClusteredFeatures source(5);
  const auto stored = source.many(3000);
  VectorIndex sut(graph_at_once());
  add_all(sut, stored);
  move_all_to_graph(sut);
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
  move_all_to_graph(sut);
  stored.push_back(source.next());
  sut.add(1000, stored.back());
  EXPECT_EQ(search(sut, stored.back(), 1).front().label, 1000u);
  EXPECT_EQ(search(sut, stored[17], 1).front().label, 17u);
}

class RemovalFromVectorIndex : public testing::TestWithParam<bool> {
 protected:
  RemovalFromVectorIndex() : sut_(GetParam() ? graph_at_once() : flat_only()) {
    add_all(sut_, stored_);
    move_all_to_graph(sut_);
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
  move_all_to_graph(sut_);
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
}  // namespace memo
