// Labels of features that are equal: one node, and what becomes of it.
#include "index/graph/node_labels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "index/graph/graph_image.h"
#include "tests/index/image_fixtures.h"
#include "tests/index/rebuild_steps.h"

namespace memo::test {
namespace {

TEST(NodeLabels, AreThoseOfAModelThroughRandomAddsAndRemoves) {
  constexpr std::uint64_t kLabels = 60;
  constexpr std::size_t kNodes = 5;
  std::mt19937 random(5);
  FeatureList features({kDimension, FeatureFormat::f32}, FeatureList::Blocks::small);
  for (std::size_t node = 0; node < kNodes; ++node) features.append(1000 + node, Feature(kDimension));
  NodeLabels sut(features, std::vector<bool>(kNodes, true));
  std::map<std::uint64_t, std::size_t> model;
  for (int step = 0; step < 20000; ++step) {
    const std::uint64_t label = random() % kLabels;
    if (random() % 2 == 0) {
      ASSERT_EQ(sut.remove(label), model.erase(label) == 1);
    } else if (!model.contains(label)) {
      model[label] = random() % kNodes;
      sut.add(label, model[label], random() % 8 == 0 ? Places::fresh : Places::any);
    }
    const std::size_t node = random() % kNodes;
    std::set<std::uint64_t> expected, found;
    for (const auto& [known, at] : model)
      if (at == node) expected.insert(known);
    std::vector<Neighbor> taken(kLabels);
    NearestList nearest(taken);
    sut.offer(node, 1, nearest);
    for (std::size_t i = 0; i < nearest.size(); ++i) found.insert(taken[i].label);
    ASSERT_EQ(found, expected);
    ASSERT_EQ(nearest.size(), expected.size());
    ASSERT_EQ(sut.count(node, kLabels), expected.size());
    ASSERT_EQ(sut.count(node, 2), std::min<std::size_t>(2, expected.size()));
    ASSERT_EQ(sut.is_bare(node), expected.empty());
    ASSERT_EQ(sut.size(), model.size());
    std::set<std::size_t> labelled;
    for (const auto& [known, at] : model) labelled.insert(at);
    ASSERT_EQ(sut.bare_nodes(), kNodes - labelled.size());
  }
}

TEST(NodeLabels, PlacesAreUsedAgainUnlessFreshOnesAreAskedFor) {
  FeatureList features({kDimension, FeatureFormat::f32}, FeatureList::Blocks::small);
  features.append(1, Feature(kDimension));
  NodeLabels sut(features, {false});
  sut.add(2, 0, Places::any);
  ASSERT_EQ(sut.further_places(), 1u);
  ASSERT_TRUE(sut.remove(1));
  ASSERT_TRUE(sut.remove(2));
  sut.add(3, 0, Places::fresh);
  EXPECT_EQ(sut.further_places(), 2u);
  EXPECT_TRUE(sut.is_own_removed(0));
  sut.add(4, 0, Places::any);
  EXPECT_EQ(sut.own_label(0), 4u);
  EXPECT_FALSE(sut.is_own_removed(0));
  sut.add(5, 0, Places::any);
  EXPECT_EQ(sut.further_places(), 2u);
}

// Labels from 0 on for one feature, and labels from kOthers on for others.
class SharedNode : public testing::TestWithParam<FeatureFormat> {
 protected:
  static constexpr std::size_t kShared = 40, kOthers = 1000, kOtherCount = 500;

  SharedNode() {
    for (std::size_t label = 0; label < kShared; ++label) sut_.add(label, same_);
    for (std::size_t i = 0; i < kOtherCount; ++i) sut_.add(kOthers + i, others_[i]);
    maintain_all(sut_);
  }
  std::set<std::uint64_t> found(const VectorIndex& index, std::size_t k) {
    std::set<std::uint64_t> labels;
    for (const Neighbor& neighbor : search(index, same_, k))
      if (neighbor.label < kOthers) labels.insert(neighbor.label);
    return labels;
  }

  ClusteredFeatures source_{61};
  const Feature same_ = source_.next();
  const std::vector<Feature> others_ = source_.many(kOtherCount);
  VectorIndex sut_{all_in_graph(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Formats, SharedNode, testing::ValuesIn(kFeatureFormats),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST_P(SharedNode, IsOneNodeOfManyLabels) {
  const VectorIndexStats stats = sut_.stats();
  EXPECT_EQ(stats.graph_nodes, kOtherCount + 1);
  EXPECT_EQ(stats.live, kOtherCount + kShared);
  EXPECT_EQ(stats.removed_nodes, 0u);
  EXPECT_EQ(stats.tail, 0u);
  for (std::size_t label = 0; label < kShared; ++label) EXPECT_TRUE(sut_.contains(label));
}

TEST_P(SharedNode, FillsAListWithItsLabels) {
  EXPECT_EQ(search(sut_, same_, 8).size(), 8u);
  EXPECT_EQ(found(sut_, 8).size(), 8u);
  EXPECT_EQ(found(sut_, kShared + 20).size(), kShared);
  EXPECT_EQ(search(sut_, same_, kShared + 20).size(), kShared + 20);
}

TEST_P(SharedNode, LosesTheLabelsThatAreRemoved) {
  for (std::size_t label = 0; label < kShared; label += 2) ASSERT_TRUE(sut_.remove(label));
  EXPECT_FALSE(sut_.remove(0));
  EXPECT_EQ(sut_.stats().removed_nodes, 0u);
  const auto left = found(sut_, kShared + 20);
  EXPECT_EQ(left.size(), kShared / 2);
  for (const std::uint64_t label : left) EXPECT_EQ(label % 2, 1u);
}

TEST_P(SharedNode, IsATombstoneWithoutLabelsAndComesBackToLife) {
  for (std::size_t label = 0; label < kShared; ++label) ASSERT_TRUE(sut_.remove(label));
  EXPECT_EQ(sut_.stats().removed_nodes, 1u);
  EXPECT_TRUE(found(sut_, 100).empty());
  const std::size_t nodes = sut_.stats().graph_nodes;
  sut_.add(7, same_);
  sut_.add(900, same_);
  maintain_all(sut_);
  EXPECT_EQ(sut_.stats().graph_nodes, nodes);
  EXPECT_EQ(sut_.stats().removed_nodes, 0u);
  EXPECT_EQ(found(sut_, 100), (std::set<std::uint64_t>{7, 900}));
}

TEST_P(SharedNode, ComesBackFromAnImageWithItsLiveLabels) {
  for (std::size_t label = 0; label < 10; ++label) ASSERT_TRUE(sut_.remove(label));
  VectorIndex loaded(all_in_graph(GetParam()));
  const auto error = loaded.load(saved(sut_), [](std::uint64_t label, std::uint64_t stamp) {
    return label != 20 && has_first_stamp(label, stamp);
  });
  ASSERT_FALSE(error.has_value()) << *error;
  EXPECT_EQ(loaded.stats().graph_nodes, kOtherCount + 1);
  EXPECT_EQ(loaded.size(), sut_.size() - 1);
  auto expected = found(sut_, 200);
  EXPECT_EQ(expected.erase(20), 1u);
  EXPECT_EQ(found(loaded, 200), expected);
  for (const std::uint64_t label : expected) ASSERT_TRUE(loaded.remove(label));
  EXPECT_EQ(loaded.stats().removed_nodes, 1u);
  loaded.add(3, same_);
  maintain_all(loaded);
  EXPECT_EQ(found(loaded, 8), std::set<std::uint64_t>{3});
}

TEST_P(SharedNode, IsSavedAgainByteForByte) {
  VectorIndex loaded(all_in_graph(GetParam()));
  ASSERT_FALSE(loaded.load(saved(sut_), has_first_stamp).has_value());
  EXPECT_EQ(saved(loaded), saved(sut_));
}

TEST_P(SharedNode, OfAnAlteredImageIsRefused) {
  const Bytes image = saved(sut_);
  const std::size_t further = sizeof(ImageHeader) + 16 * (kOtherCount + 1), count = kShared - 1;
  const auto error_with = [&](std::size_t offset, auto value) {
    Bytes bytes = image;
    std::memcpy(bytes.data() + offset, &value, sizeof(value));
    VectorIndex other(all_in_graph(GetParam()));
    return other.load(bytes, has_first_stamp).value_or("accepted");
  };
  std::uint64_t second = 0;
  std::memcpy(&second, image.data() + further + 8, 8);
  EXPECT_NE(error_with(further, second).find("is there twice"), std::string::npos);
  EXPECT_NE(error_with(further, std::uint64_t{kOthers}).find("is there twice"), std::string::npos);
  EXPECT_NE(error_with(further + 16 * count, static_cast<std::uint32_t>(kOtherCount + 1)).find("stands for node"),
            std::string::npos);
  EXPECT_NE(error_with(offsetof(ImageHeader, further), std::uint64_t{1} << 60).find("further labels"),
            std::string::npos);
  EXPECT_NE(error_with(offsetof(ImageHeader, further), std::uint64_t{1} << 30).find("cut off"), std::string::npos);
}

TEST(SharedNodeOfManyLabels, TakesSomeTensOfBytesALabelAndNoTimeToGo) {
  constexpr std::size_t kMany = 99'000;
  VectorIndex sut({.dimension = 128, .flat_limit = 0});
  const std::size_t before = sut.memory().total();
  for (std::size_t label = 0; label < kMany; ++label) {
    sut.add(label, Feature(128, 0.5f));
    if (label % 64 == 63) maintain_all(sut);
  }
  maintain_all(sut);
  const VectorIndexMemory memory = sut.memory();
  EXPECT_EQ(memory.features, 512u);
  EXPECT_LE(memory.total() - before, kMany * 48 + (1 << 20));  // and a block of the tail in reserve
  for (std::size_t label = 0; label < kMany; ++label) ASSERT_TRUE(sut.remove(label * 7 % kMany));
  EXPECT_EQ(sut.stats().removed_nodes, 1u);
  EXPECT_EQ(sut.memory().features, 0u);
}

// Steps of a rebuild of a graph in which one node has nearly all labels.
class RebuildOfSharedNode : public RebuildSteps {
 protected:
  static constexpr std::size_t kStored = 20;

  RebuildOfSharedNode() {
    for (std::size_t label = 0; label < kStored; ++label) old_.add(label, feature(label));
  }
  Feature feature(std::size_t label) const { return label == 1 ? other_ : same_; }
  void add_meanwhile(std::uint64_t label) {
    std::vector<std::byte> code(old_.features().shape().bytes());
    encode_feature(FeatureFormat::f32, same_, code.data());
    old_.add(label, code.data(), old_.plan(code.data()), Places::fresh);
  }

  ClusteredFeatures source_{43};
  const Feature same_ = source_.next(), other_ = source_.next();
};

TEST_F(RebuildOfSharedNode, CopiesEveryLiveLabelInSteps) {
  step();
  EXPECT_FALSE(sut_.is_complete(old_));
  const auto fresh = finish();
  EXPECT_EQ(fresh->size(), 2u);
  EXPECT_EQ(fresh->live(), kStored);
}

TEST_F(RebuildOfSharedNode, CopiesLabelsThatCameToNodesItHasPassed) {
  step();
  for (const std::uint64_t label : {0, 5, 19}) {
    remove(label);
    add_meanwhile(label);
  }
  add_meanwhile(100);
  const auto fresh = finish();
  EXPECT_EQ(fresh->live(), kStored + 1);
  for (const std::uint64_t label : {0, 5, 19, 100}) EXPECT_TRUE(fresh->contains(label)) << label;
}

TEST_F(RebuildOfSharedNode, LeavesOutLabelsThatWentAtAnyInstant) {
  remove(3);
  step();
  remove(0);
  remove(18);
  while (!sut_.is_complete(old_)) step();
  add_meanwhile(200);
  remove(200);
  while (!sut_.is_complete(old_)) step();
  remove(17);
  const auto fresh = sut_.finish();
  EXPECT_EQ(fresh->live(), kStored - 4);
  for (const std::uint64_t label : {3, 0, 18, 200, 17}) EXPECT_FALSE(fresh->contains(label)) << label;
}

}  // namespace
}  // namespace memo::test
