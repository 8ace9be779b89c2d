// Graph images that somebody changed: no checksum keeps them from the reader here.
#include <gtest/gtest.h>

#include <random>
#include <tuple>
#include <vector>

#include "tests/index/image_fixtures.h"

namespace memo::test {
namespace {

// Bytes of a small image with a few changes: some are refused, the others make a graph that is safe to use.
class AlteredGraph : public testing::TestWithParam<std::tuple<unsigned, FeatureFormat>> {
 protected:
  static constexpr std::size_t kStored = 120;
  static constexpr int kTrials = 1500;

  AlteredGraph() : random_(std::get<0>(GetParam())) {
    // Some labels share a node.
    for (std::size_t label = 0; label < kStored; label += 4) stored_[label] = stored_[label % 8];
    VectorIndex index(options());
    add_all(index, stored_);
    maintain_all(index);
    image_ = saved(index);
  }
  static VectorIndexOptions options() {
    VectorIndexOptions options = all_in_graph(std::get<1>(GetParam()));
    options.graph_neighbors = 3;  // many levels
    options.rebuild_minimum = 1;
    return options;
  }
  void alter(Bytes& bytes) {
    for (auto changes = 1 + random_() % 4; changes > 0; --changes) {
      // The upper bytes of integers are refused at once, so the lower ones are where it gets interesting.
      const std::size_t place = random_() % 2 ? random_() % bytes.size() : random_() % (bytes.size() / 4) * 4;
      bytes[place] = random_() % 2 ? std::byte(random_()) : bytes[place] ^ std::byte(1 << random_() % 8);
    }
    if (random_() % 16 == 0) bytes.resize(random_() % bytes.size());
  }
  // Everything that walks the links: searching, adding, rebuilding.
  void use(VectorIndex& index) {
    for (int i = 0; i < 4; ++i) search(index, source_.next(), 5);
    // An altered label may be one of these.
    for (std::uint64_t label = 1 << 20; label < (1 << 20) + 8; ++label)
      if (!index.contains(label)) index.add(label, source_.next());
    index.maintain();
    index.maintain();
    for (std::size_t label = 0; label < kStored / 2; ++label) index.remove(label);
    for (int i = 0; i < 3; ++i) index.maintain();
    search(index, source_.next(), kStored);
  }

  std::mt19937 random_;
  ClusteredFeatures source_{23};
  std::vector<Feature> stored_ = source_.many(kStored);
  Bytes image_;
};

TEST_P(AlteredGraph, IsRefusedOrSafeToUse) {
  int accepted = 0, refused = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Bytes bytes = image_;
    alter(bytes);
    VectorIndex sut(options());
    if (const auto error = sut.load(bytes, [](auto, auto) { return true; })) {
      EXPECT_FALSE(error->empty());
      EXPECT_EQ(sut.size(), 0u);
      ++refused;
    } else {
      use(sut);
      ++accepted;
    }
  }
  EXPECT_GT(accepted, kTrials / 10);
  EXPECT_GT(refused, kTrials / 10);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AlteredGraph,
                         testing::Combine(testing::Range(1u, 4u), testing::ValuesIn(kFeatureFormats)));

}  // namespace
}  // namespace memo::test
