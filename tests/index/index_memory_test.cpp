// What an index takes, counted by itself and asked of the kernel.
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "tests/index/index_fixtures.h"

namespace memo::test {
namespace {

constexpr std::uint32_t kSmall = 8;  // so that building takes seconds
constexpr std::size_t kStored = 50'000;

// Beside the features: see docs/measurements/search.md. The store adds 27 bytes and more.
constexpr std::size_t kMaxBytesBeside = 260;

class IndexMemory : public testing::TestWithParam<FeatureFormat> {
 protected:
  void add(std::uint64_t first, std::uint64_t end) {
    std::normal_distribution<float> normal;
    Feature feature(kSmall);
    for (std::uint64_t label = first; label < end; ++label) {
      for (float& value : feature) value = normal(random_);
      sut_.add(label, feature);
    }
  }
  std::size_t most() const { return kStored * (feature_bytes(GetParam(), kSmall) + kMaxBytesBeside); }

  std::mt19937 random_{61};
  VectorIndex sut_{{.dimension = kSmall, .features = GetParam(), .build_effort = 50}};
};

TEST_P(IndexMemory, GrownFeatureByFeatureStaysInItsBounds) {
  for (std::uint64_t label = 0; label < kStored; label += 1000) {
    add(label, label + 1000);
    maintain_all(sut_);
  }
  const VectorIndexMemory memory = sut_.memory();
  EXPECT_EQ(memory.features, kStored * feature_bytes(GetParam(), kSmall));
  EXPECT_GT(memory.links, kStored * 4 * 48);
  EXPECT_LE(memory.total(), most());
}

INSTANTIATE_TEST_SUITE_P(Formats, IndexMemory, testing::ValuesIn(kFeatureFormats),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST(IndexMemoryOfATail, IsGivenBackOnceItIsEmpty) {
  constexpr std::size_t kMany = 40'000;
  VectorIndex sut({.dimension = kDimension, .flat_limit = 1 << 20});
  const std::size_t before = sut.memory().total();
  const Feature feature(kDimension, 1.0f);
  for (std::uint64_t label = 0; label < kMany; ++label) sut.add(label, feature);
  EXPECT_GE(sut.memory().total(), before + kMany * kDimension * sizeof(float));
  for (std::uint64_t label = 0; label < kMany; ++label) ASSERT_TRUE(sut.remove(label));
  EXPECT_LE(sut.memory().total(), before + (300 << 10));  // a block in reserve
}

}  // namespace
}  // namespace memo::test
