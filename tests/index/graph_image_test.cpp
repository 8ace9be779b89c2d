// Graphs as bytes: what comes back, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "tests/index/image_fixtures.h"

namespace memo::test {
namespace {

class SavedGraph : public testing::TestWithParam<FeatureFormat> {
 protected:
  static constexpr std::size_t kStored = 1500;

  SavedGraph() {
    add_all(original_, stored_);
    maintain_all(original_);
  }
  void load(const IsCurrent& is_current = has_first_stamp) {
    const auto error = sut_.load(saved(original_), is_current);
    ASSERT_FALSE(error.has_value()) << *error;
  }
  // Writes `value` over the image at `offset`; returns what load() says of it.
  template <typename T>
  std::string error_with(std::size_t offset, T value) {
    Bytes bytes = saved(original_);
    std::memcpy(bytes.data() + offset, &value, sizeof(value));
    return sut_.load(bytes, has_first_stamp).value_or("accepted");
  }

  int node_of_one_level() {
    const Bytes bytes = saved(original_);
    std::vector<int> levels(kStored);
    std::memcpy(levels.data(), bytes.data() + kLevels, sizeof(int) * kStored);
    return static_cast<int>(std::find(levels.begin(), levels.end(), 1) - levels.begin());
  }

  // Offsets in the image.
  static constexpr std::size_t kDimensionAt = 12, kNeighborsAt = 16, kEntryAt = 20, kNodesAt = 24, kFormatAt = 40,
                               kReservedAt = 44, kLabels = 48;
  static constexpr std::size_t kLevels = kLabels + 16 * kStored, kLinks = kLevels + 4 * kStored;

  ClusteredFeatures source_{21};
  std::vector<Feature> stored_ = source_.many(kStored);
  VectorIndex original_{all_in_graph(GetParam())};
  VectorIndex sut_{all_in_graph(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Formats, SavedGraph, testing::ValuesIn(kFeatureFormats),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST_P(SavedGraph, AnswersEverySearchAsTheOriginalDoes) {
  load();
  EXPECT_EQ(sut_.size(), kStored);
  for (int i = 0; i < 200; ++i) {
    const Feature query = source_.next();
    const auto expected = search(original_, query, 10);
    const auto found = search(sut_, query, 10);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t rank = 0; rank < found.size(); ++rank) {
      EXPECT_EQ(found[rank].label, expected[rank].label);
      EXPECT_EQ(found[rank].distance, expected[rank].distance);
    }
  }
}

TEST_P(SavedGraph, IsSavedAgainByteForByte) {
  load();
  EXPECT_EQ(saved(sut_), saved(original_));
}

TEST_P(SavedGraph, TakesAddsAndRemoves) {
  load();
  const Feature far(kDimension, 50.0f);
  sut_.add(kStored, far);
  EXPECT_TRUE(sut_.remove(3));
  maintain_all(sut_);
  EXPECT_EQ(sut_.stats().graph_nodes, kStored + 1);
  EXPECT_EQ(search(sut_, far, 1).front().label, kStored);
  EXPECT_NE(search(sut_, stored_[3], 1).front().label, 3u);
}

TEST_P(SavedGraph, LacksWhatWasRemovedBeforeOrIsInTheTail) {
  ASSERT_TRUE(original_.remove(3));
  original_.add(kStored, source_.next());
  load();
  EXPECT_FALSE(sut_.contains(3));
  EXPECT_FALSE(sut_.contains(kStored));
  EXPECT_EQ(sut_.size(), kStored - 1);
  EXPECT_EQ(sut_.stats().removed_nodes, 1u);
}

TEST_P(SavedGraph, LabelInUseForTheSecondTimeComesBackOnce) {
  const Feature far(kDimension, 50.0f);
  ASSERT_TRUE(original_.remove(3));
  original_.add(3, far);
  maintain_all(original_);
  load();
  EXPECT_EQ(sut_.size(), kStored);
  EXPECT_EQ(search(sut_, far, 1).front().label, 3u);
  EXPECT_NE(search(sut_, stored_[3], 1).front().label, 3u);
}

TEST_P(SavedGraph, LabelsWhoseStampsChangedAreTombstones) {
  load([](std::uint64_t label, std::uint64_t stamp) { return label % 3 != 0 && has_first_stamp(label, stamp); });
  EXPECT_EQ(sut_.size(), 1000u);
  EXPECT_EQ(sut_.stats().removed_nodes, 500u);
  for (std::size_t label = 0; label < kStored; ++label) {
    EXPECT_EQ(sut_.contains(label), label % 3 != 0);
    EXPECT_EQ(search(sut_, stored_[label], 1).front().label == label, label % 3 != 0);
  }
  sut_.add(3, stored_[3]);
  EXPECT_EQ(search(sut_, stored_[3], 1).front().label, 3u);
}

TEST_P(SavedGraph, IsSavedDuringARebuildToo) {
  VectorIndexOptions options = all_in_graph(GetParam());
  options.rebuild_minimum = 1;
  VectorIndex rebuilt(options);
  add_all(rebuilt, stored_);
  maintain_all(rebuilt);
  for (std::size_t label = 0; label < 500; ++label) ASSERT_TRUE(rebuilt.remove(label));
  for (int step = 0; step < 20; ++step) ASSERT_TRUE(rebuilt.maintain());
  ASSERT_TRUE(rebuilt.stats().rebuilding);
  ASSERT_FALSE(sut_.load(saved(rebuilt), has_first_stamp).has_value());
  EXPECT_EQ(sut_.size(), 1000u);
}

TEST_P(SavedGraph, EndsWhenTheSinkDoes) {
  int pieces = 0;
  EXPECT_FALSE(original_.save(first_stamp, [&](auto) { return ++pieces < 3; }));
  EXPECT_EQ(pieces, 3);
}

TEST_P(SavedGraph, OfAnEmptyIndexIsEmpty) {
  const VectorIndex empty(all_in_graph(GetParam()));
  const auto error = sut_.load(saved(empty), has_first_stamp);
  ASSERT_FALSE(error.has_value()) << *error;
  EXPECT_EQ(sut_.size(), 0u);
  add_all(sut_, stored_);
  maintain_all(sut_);
  EXPECT_EQ(search(sut_, stored_[9], 1).front().label, 9u);
}

TEST_P(SavedGraph, IsRefusedByAnIndexOfAnotherShape) {
  VectorIndexOptions options = all_in_graph(GetParam());
  options.dimension = kDimension + 1;
  VectorIndex wider(options);
  EXPECT_NE(wider.load(saved(original_), has_first_stamp)->find("dimension is 24"), std::string::npos);
  options = all_in_graph(GetParam());
  options.graph_neighbors = 9;
  VectorIndex denser(options);
  EXPECT_NE(denser.load(saved(original_), has_first_stamp)->find("have 8 neighbors"), std::string::npos);
  for (const FeatureFormat format : kFeatureFormats) {
    if (format == GetParam()) continue;
    VectorIndex other(all_in_graph(format));
    EXPECT_NE(other.load(saved(original_), has_first_stamp)->find("features are of format"), std::string::npos);
  }
}

TEST_P(SavedGraph, SaysWhatIsWrongWithIt) {
  const auto says = [](const std::string& error, const char* part) {
    return error.find(part) != std::string::npos;
  };
  // The last number of f32 and f16, and the scale of s8, each not a number.
  const std::size_t last = saved(original_).size() - (GetParam() == FeatureFormat::s8 ? 4 + kDimension : 4);
  EXPECT_TRUE(says(error_with(0, 'M'), "does not begin"));
  EXPECT_TRUE(says(error_with(8, 2u), "version is 2"));
  EXPECT_TRUE(says(error_with(kDimensionAt, 0u), "dimension is 0"));
  EXPECT_TRUE(says(error_with(kNeighborsAt, 0xffffffffu), "have 4294967295"));
  EXPECT_TRUE(says(error_with(kEntryAt, static_cast<int>(kStored)), "entry point"));
  EXPECT_TRUE(says(error_with(kEntryAt, -1), "entry point"));
  EXPECT_TRUE(says(error_with(kEntryAt, node_of_one_level()), "not on top"));
  EXPECT_TRUE(says(error_with(kNodesAt, std::uint64_t{1} << 61), "nodes"));
  EXPECT_TRUE(says(error_with(kNodesAt, std::uint64_t{0x7fffffff}), "cut off"));
  EXPECT_TRUE(says(error_with(kLabels, std::uint64_t{1}), "label 1 is there twice"));
  EXPECT_TRUE(says(error_with(kLevels, 0), "has 0 levels"));
  EXPECT_TRUE(says(error_with(kLevels, 100), "has 100 levels"));
  EXPECT_TRUE(says(error_with(kLinks, static_cast<int>(kStored)), "links to"));
  EXPECT_TRUE(says(error_with(kLinks, -2), "links to -2"));
  EXPECT_TRUE(says(error_with(kLinks, -1), "links after its last"));
  EXPECT_TRUE(says(error_with(kFormatAt, 77u), "format 77"));
  EXPECT_TRUE(says(error_with(kReservedAt, 1u), "format"));
  EXPECT_TRUE(says(error_with(last, 0x7fc07fc0u), "not finite"));
  EXPECT_EQ(sut_.size(), 0u);
}

TEST_P(SavedGraph, IsRefusedWhenCutOffAnywhereOrContinued) {
  Bytes bytes = saved(original_);
  std::mt19937 random(22);
  for (int i = 0; i < 200; ++i)
    EXPECT_TRUE(sut_.load(std::span(bytes).first(random() % bytes.size()), has_first_stamp).has_value());
  for (std::size_t size = 0; size < 64; ++size)
    EXPECT_TRUE(sut_.load(std::span(bytes).first(size), has_first_stamp).has_value());
  bytes.push_back(std::byte{0});
  EXPECT_TRUE(sut_.load(bytes, has_first_stamp).has_value());
}

}  // namespace
}  // namespace memo::test
