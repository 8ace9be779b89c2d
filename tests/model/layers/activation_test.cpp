#include "model/layers/activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <vector>

namespace memo {
namespace {

double gelu(Activation activation, double x) {
  if (activation == Activation::gelu_erf) return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}

float float_of(Bf16 x) {
  const std::uint32_t bits = std::uint32_t{x} << 16;
  float value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

class ActivationTest : public testing::TestWithParam<Activation> {
 protected:
  // Every segment, its borders, and what lies far beyond.
  ActivationTest() {
    for (int i = -80'000; i <= 80'000; ++i) values_.push_back(static_cast<float>(i) * 1e-4f);
    for (const float x : {0.0f, -0.0f, 1e-30f, -1e-30f, 100.0f, -100.0f, 1e30f, -1e30f}) values_.push_back(x);
  }
  std::vector<float> values_;
};

TEST_P(ActivationTest, F32IsTheDefinitionWithinAMillionth) {
  for (const Kernels* kernels : supported_kernels()) {
    const auto sut = FastActivation::make(GetParam(), DataType::f32, *kernels);
    if (!sut) continue;
    std::vector<float> result = values_;
    sut->run(result.data(), result.size());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const double expected = gelu(GetParam(), values_[i]);
      ASSERT_NEAR(result[i], expected, 1e-6 + 2e-7 * std::abs(expected)) << kernels->name << " at " << values_[i];
    }
  }
}

TEST_P(ActivationTest, Bf16IsTheDefinitionOfTheRoundedInput) {
  const auto sut = FastActivation::make(GetParam(), DataType::bf16, best_kernels());
  if (!sut) GTEST_SKIP() << "this CPU has no bf16";
  std::vector<Bf16> rounded(values_.size());
  best_kernels().round(values_.data(), rounded.data(), values_.size());
  std::vector<Bf16> result = rounded;
  sut->run(result.data(), result.size());
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const double expected = gelu(GetParam(), float_of(rounded[i]));
    ASSERT_NEAR(float_of(result[i]), expected, 2e-6 + 0x1p-8 * std::abs(expected)) << float_of(rounded[i]);
  }
}

TEST_P(ActivationTest, NumbersOfElementsThatFillNoVectorLeaveTheRestAlone) {
  for (const Kernels* kernels : supported_kernels()) {
    const auto sut = FastActivation::make(GetParam(), DataType::f32, *kernels);
    for (std::size_t count = 0; sut && count < 40; ++count) {
      std::vector<float> x(64, -1.0f);
      sut->run(x.data(), count);
      for (std::size_t i = 0; i < x.size(); ++i)
        EXPECT_NEAR(x[i], i < count ? gelu(GetParam(), -1) : -1, 1e-6)
            << kernels->name << ' ' << count << ' ' << i;
    }
  }
}

TEST_P(ActivationTest, NanStaysNan) {
  const auto sut = FastActivation::make(GetParam(), DataType::f32, best_kernels());
  if (!sut) GTEST_SKIP() << "this CPU has no fast activation";
  float x = std::numeric_limits<float>::quiet_NaN();
  sut->run(&x, 1);
  EXPECT_TRUE(std::isnan(x));
}

TEST(FastActivation, OthersAreLeftToTheProduct) {
  EXPECT_FALSE(FastActivation::make(Activation::relu, DataType::f32, best_kernels()));
  EXPECT_FALSE(FastActivation::make(Activation::tanh, DataType::f32, best_kernels()));
}

INSTANTIATE_TEST_SUITE_P(Forms, ActivationTest, testing::Values(Activation::gelu_erf, Activation::gelu_tanh));

}  // namespace
}  // namespace memo
