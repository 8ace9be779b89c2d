#include "model/layers/integer_linear.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/model/kernels/reference.h"
#include "tests/model/layers/random_linear.h"

namespace memo {
namespace {

class IntegerLinearRows : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    if (best_kernels().multiply_integers == nullptr) GTEST_SKIP() << "this CPU has no integer products";
  }

  // Each weight and each element of a row is at most half a step off.
  static double largest_error(const RandomLinear& linear, const Matrix& x, std::size_t row, std::size_t o) {
    double largest_weight = 0, least = x(row, 0), most = x(row, 0);
    for (std::size_t i = 0; i < linear.in(); ++i) {
      largest_weight = std::max(largest_weight, std::abs(linear.weight(o, i, DataType::f32)));
      least = std::min(least, x(row, i));
      most = std::max(most, x(row, i));
    }
    const double of_weight = largest_weight / 127 / 2;
    const double of_x = (most - least) / best_kernels().integers.most_level(linear.in()) / 2;
    double error = 0;
    for (std::size_t i = 0; i < linear.in(); ++i)
      error += of_weight * (std::abs(x(row, i)) + of_x) + of_x * std::abs(linear.weight(o, i, DataType::f32));
    return error;
  }

  static void expect_definition(const RandomLinear& linear, LinearOptions options) {
    const std::unique_ptr<const Linear> sut =
        make_linear(cpu_engine(), best_kernels(), linear.weights().weight, linear.weights().bias, options);
    EXPECT_EQ(sut->in(), static_cast<std::int64_t>(linear.in()));
    EXPECT_EQ(sut->out(), static_cast<std::int64_t>(linear.out()));
    const std::size_t rows = GetParam();
    std::mt19937 random(static_cast<unsigned>(rows));
    const Matrix x = random_matrix<float>(rows, linear.in(), random);
    const Matrix before = random_matrix<float>(rows, linear.out(), random);
    const StoredMatrix stored(x, DataType::f32, rows, NAN);
    StoredMatrix y(before, DataType::f32, rows, 0);
    LinearWorker worker(cpu_engine());
    sut->run(worker, stored.data(), y.data(), rows);
    EXPECT_TRUE(y.guards_intact());
    const Matrix exact = linear.apply(x, DataType::f32);
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t o = 0; o < linear.out(); ++o) {
        double expected = exact(row, o);
        if (options.activation == Activation::relu) expected = std::max(expected, 0.0);
        if (options.activation == Activation::tanh) expected = std::tanh(expected);
        if (options.add) expected += before(row, o);
        ASSERT_NEAR(y(row, o), expected, largest_error(linear, x, row, o) + 1e-5)
            << "row " << row << " column " << o;
      }
  }
};

TEST_P(IntegerLinearRows, IsTheDefinitionWithinHalfSteps) {
  expect_definition({48, 40, true}, {DataType::s8, DataType::f32, false, std::nullopt});
  expect_definition({7, 3, false}, {DataType::s8, DataType::f32, false, std::nullopt});
  expect_definition({130, 97, true}, {DataType::s8, DataType::f32, true, std::nullopt});
}

TEST_P(IntegerLinearRows, AppliesActivations) {
  for (const Activation activation : {Activation::relu, Activation::tanh})
    expect_definition({48, 40, true}, {DataType::s8, DataType::f32, false, activation});
}

INSTANTIATE_TEST_SUITE_P(Rows, IntegerLinearRows, testing::Values(1, 15, 16, 17, 128, kMaxLinearRows));

TEST(IntegerLinear, AnOutputWithoutWeightsIsItsBias) {
  if (best_kernels().multiply_integers == nullptr) GTEST_SKIP() << "this CPU has no integer products";
  const RandomLinear linear(20, 5, true);
  Tensor weight = Tensor::zeros({5, 20});
  const IntegerLinear sut(best_kernels(), weight, linear.weights().bias,
                          {DataType::s8, DataType::f32, false, std::nullopt});
  const std::vector<float> x(20, 3);
  float y[5];
  LinearWorker worker(cpu_engine());
  sut.run(worker, x.data(), y, 1);
  for (std::size_t o = 0; o < 5; ++o) EXPECT_EQ(y[o], static_cast<float>(linear.bias(o)));
}

TEST(IntegerLinear, TwoThreadsRunTheSameLayerAtOnce) {
  if (best_kernels().multiply_integers == nullptr) GTEST_SKIP() << "this CPU has no integer products";
  const RandomLinear linear(48, 40, true);
  const IntegerLinear sut(best_kernels(), linear.weights().weight, linear.weights().bias,
                          {DataType::s8, DataType::f32, false, std::nullopt});
  const std::vector<float> x(48 * 64, 0.5f);
  std::vector<float> y[2];
  const auto run = [&](std::vector<float>& to) {
    LinearWorker worker(cpu_engine());
    to.resize(64 * 40);
    for (int i = 0; i < 100; ++i) sut.run(worker, x.data(), to.data(), 64);
  };
  std::thread other([&] { run(y[1]); });
  run(y[0]);
  other.join();
  EXPECT_EQ(y[0], y[1]);
}

}  // namespace
}  // namespace memo
