#include "index/distance/feature_format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "index/distance/half_float.h"

namespace memo {
namespace {

std::vector<float> kept(FeatureFormat format, const std::vector<float>& feature) {
  std::vector<std::byte> code(feature_bytes(format, feature.size()));
  encode_feature(format, feature, code.data());
  EXPECT_TRUE(is_finite_feature(format, code, feature.size()));
  std::vector<float> decoded(feature.size());
  decode_feature(format, code.data(), decoded);
  return decoded;
}

TEST(HalfFloat, EveryFiniteHalfComesBack) {
  for (std::uint32_t half = 0; half < 0x10000; ++half) {
    const float value = float_of_half(static_cast<std::uint16_t>(half));
    if ((half & 0x7c00) == 0x7c00)
      EXPECT_FALSE(std::isfinite(value)) << half;
    else
      EXPECT_EQ(half_of_float(value), half);
  }
}

TEST(HalfFloat, RoundsToTheNearestAndTiesToEven) {
  for (std::uint32_t half = 0; half < 0x7bff; ++half) {
    const float low = float_of_half(static_cast<std::uint16_t>(half));
    const float high = float_of_half(static_cast<std::uint16_t>(half + 1));
    const float middle = (low + high) / 2;
    EXPECT_EQ(half_of_float(middle), half % 2 == 0 ? half : half + 1);
    EXPECT_EQ(half_of_float(std::nextafter(middle, low)), half);
    EXPECT_EQ(half_of_float(std::nextafter(middle, high)), half + 1);
  }
}

TEST(HalfFloat, KeepsValuesOneKnows) {
  EXPECT_EQ(half_of_float(1.0f), 0x3c00);
  EXPECT_EQ(half_of_float(-2.0f), 0xc000);
  EXPECT_EQ(float_of_half(0x3555), 0.333251953125f);
  EXPECT_EQ(float_of_half(0x0001), 0x1p-24f);
}

TEST(HalfFloat, WhatIsBeyondItsRangeIsItsLargestNumber) {
  EXPECT_EQ(float_of_half(half_of_float(1e6f)), 65504.0f);
  EXPECT_EQ(float_of_half(half_of_float(-3e38f)), -65504.0f);
}

TEST(FeatureFormat, IsNamedAsItIsParsed) {
  for (const FeatureFormat format : kFeatureFormats) EXPECT_EQ(parse_feature_format(to_string(format)), format);
  EXPECT_EQ(parse_feature_format("f64"), std::nullopt);
  EXPECT_EQ(parse_feature_format(""), std::nullopt);
}

TEST(FeatureFormat, TakesWhatItSays) {
  EXPECT_EQ(feature_bytes(FeatureFormat::f32, 128), 512u);
  EXPECT_EQ(feature_bytes(FeatureFormat::f16, 128), 256u);
  EXPECT_EQ(feature_bytes(FeatureFormat::s8, 128), 132u);
}

TEST(FeatureFormat, ErrorIsHalfAStepAtMost) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<float> feature(100);
    for (float& value : feature) value = normal(random);
    float largest = 0;
    for (const float value : feature) largest = std::max(largest, std::abs(value));
    const auto f32 = kept(FeatureFormat::f32, feature), f16 = kept(FeatureFormat::f16, feature),
               s8 = kept(FeatureFormat::s8, feature);
    EXPECT_EQ(f32, feature);
    for (std::size_t i = 0; i < feature.size(); ++i) {
      EXPECT_NEAR(f16[i], feature[i], std::abs(feature[i]) * 0x1p-11f + 0x1p-25f);
      EXPECT_NEAR(s8[i], feature[i], largest / 127 * 0.501f);
    }
  }
}

TEST(FeatureFormat, ZerosTinyAndHugeNumbersStayNumbers) {
  for (const FeatureFormat format : kFeatureFormats) {
    EXPECT_EQ(kept(format, std::vector<float>(5, 0.0f)), std::vector<float>(5, 0.0f));
    for (const float value : {1e-45f, 1e-40f, 1e6f, std::numeric_limits<float>::max()})
      for (const float number : kept(format, {value, -value, 0})) EXPECT_TRUE(std::isfinite(number));
  }
}

TEST(FeatureFormat, CodesOfWhatIsNoNumberAreNoticed) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(),
                  kInfinity = std::numeric_limits<float>::infinity();
  const auto code_of = [](auto value, std::size_t bytes) {
    std::vector<std::byte> code(bytes);
    std::memcpy(code.data() + bytes - sizeof(value), &value, sizeof(value));
    return code;
  };
  EXPECT_FALSE(is_finite_feature(FeatureFormat::f32, code_of(kNan, 12), 3));
  EXPECT_FALSE(is_finite_feature(FeatureFormat::f32, code_of(-kInfinity, 12), 3));
  EXPECT_FALSE(is_finite_feature(FeatureFormat::f16, code_of(std::uint16_t{0x7c00}, 6), 3));
  EXPECT_FALSE(is_finite_feature(FeatureFormat::f16, code_of(std::uint16_t{0xfe01}, 6), 3));
  for (const float scale : {kNan, kInfinity, -1.0f, 1e38f}) {
    std::vector<std::byte> code(7);
    std::memcpy(code.data(), &scale, sizeof(scale));
    EXPECT_FALSE(is_finite_feature(FeatureFormat::s8, code, 3)) << scale;
  }
  EXPECT_FALSE(is_finite_feature(FeatureFormat::s8, code_of(std::int8_t{-128}, 7), 3));
}

}  // namespace
}  // namespace memo
