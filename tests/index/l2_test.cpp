#include "index/l2.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace memo {
namespace {

std::vector<float> random_feature(std::size_t dimension, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> feature(dimension);
  for (float& value : feature) value = normal(random);
  return feature;
}

class L2 : public testing::TestWithParam<std::size_t> {};

TEST_P(L2, VectorizedAgreesWithPortable) {
  const auto a = random_feature(GetParam(), 1);
  const auto b = random_feature(GetParam(), 2);
  const float expected = l2_squared_portable(a.data(), b.data(), a.size());
  // Both sum the same squares in another order: relative error within dimension * 2^-24.
  EXPECT_NEAR(l2_squared_for_this_cpu()(a.data(), b.data(), a.size()), expected, expected * 2e-5f);
}

TEST_P(L2, IsZeroForTheSameFeature) {
  const auto a = random_feature(GetParam(), 3);
  EXPECT_EQ(l2_squared_for_this_cpu()(a.data(), a.data(), a.size()), 0.0f);
}

INSTANTIATE_TEST_SUITE_P(Dimensions, L2, testing::Values(1, 7, 8, 15, 16, 17, 64, 100, 256));

}  // namespace
}  // namespace memo
