#include "model/layers/integer_linear.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/model/kernels/reference.h"
#include "tests/model/layers/random_linear.h"

namespace memo {
namespace {

constexpr DataType kIntegers[] = {DataType::s8, DataType::s16};

class IntegerLinearRows : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    if (!has_products(best_kernels(), DataType::s8)) GTEST_SKIP() << "this CPU has no integer products";
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
    double square = 0, of_exact = 0;
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t o = 0; o < linear.out(); ++o) {
        double expected = exact(row, o);
        if (options.activation == Activation::relu) expected = std::max(expected, 0.0);
        if (options.activation == Activation::tanh) expected = std::tanh(expected);
        if (options.add) expected += before(row, o);
        square += std::pow(y(row, o) - expected, 2);
        of_exact += std::pow(expected, 2);
      }
    EXPECT_LE(std::sqrt(square / of_exact), options.type == DataType::s8 ? 0.03 : 1e-3);
  }
};

TEST_P(IntegerLinearRows, IsNearTheDefinition) {
  for (const DataType type : kIntegers) {
    SCOPED_TRACE(name_of(type));
    expect_definition({48, 40, true}, {type, DataType::f32, false, std::nullopt});
    expect_definition({7, 3, false}, {type, DataType::f32, false, std::nullopt});
    expect_definition({130, 97, true}, {type, DataType::f32, true, std::nullopt});
  }
}

TEST_P(IntegerLinearRows, AppliesActivations) {
  for (const DataType type : kIntegers)
    for (const Activation activation : {Activation::relu, Activation::tanh})
      expect_definition({48, 40, true}, {type, DataType::f32, false, activation});
}

INSTANTIATE_TEST_SUITE_P(Rows, IntegerLinearRows, testing::Values(1, 15, 16, 17, 128, kMaxLinearRows));

class IntegerLinearOf : public testing::TestWithParam<DataType> {
 protected:
  void SetUp() override {
    if (!has_products(best_kernels(), GetParam())) GTEST_SKIP() << "this CPU has no integer products";
  }
  static std::vector<float> run(const Tensor& weight, const Tensor& bias, const std::vector<float>& x) {
    const IntegerLinear sut(best_kernels(), weight, bias, {GetParam(), DataType::f32, false, std::nullopt});
    const std::size_t rows = x.size() / static_cast<std::size_t>(sut.in());
    std::vector<float> y(rows * static_cast<std::size_t>(sut.out()));
    LinearWorker worker(cpu_engine());
    sut.run(worker, x.data(), y.data(), rows);
    return y;
  }
};

TEST_P(IntegerLinearOf, AnOutputWithoutWeightsIsItsBias) {
  const RandomLinear linear(20, 5, true);
  const std::vector<float> y = run(Tensor::zeros({5, 20}), linear.weights().bias, std::vector<float>(20, 3));
  for (std::size_t o = 0; o < 5; ++o) EXPECT_EQ(y[o], static_cast<float>(linear.bias(o)));
}

// All weights as large as they come, and all elements of the row but one: a sum of 32 bits is full.
TEST_P(IntegerLinearOf, TheLargestSumsDoNotOverflow) {
  for (const std::int64_t width : {1, 3, 64, 384, 4129, 30000})
    for (const float weight : {0.7f, -0.7f}) {
      const Tensor weights = Tensor::empty({1, width});
      for (float& element : weights.elements()) element = weight;
      std::vector<float> x(static_cast<std::size_t>(width), 1);
      x[0] = width > 1 ? 0 : 1;
      const float expected = weight * static_cast<float>(std::max<std::int64_t>(width - 1, 1));
      EXPECT_NEAR(run(weights, {}, x)[0], expected, 1e-2 * std::abs(expected)) << width;
    }
}

// One weight dwarfs the others, and one element: nothing overflows, and the outputs without that weight stay near.
TEST_P(IntegerLinearOf, TakesOutliers) {
  const RandomLinear linear(384, 40, true);
  linear.weights().weight.data_ptr<float>()[5] = 1e3f;
  std::vector<float> x(384);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  x[7] = 200;
  const std::vector<float> y = run(linear.weights().weight, linear.weights().bias, x);
  Matrix row(1, x.size());
  for (std::size_t i = 0; i < x.size(); ++i) row(0, i) = x[i];
  const Matrix expected = linear.apply(row, DataType::f32);
  const bool fine = GetParam() == DataType::s16;
  for (std::size_t o = 0; o < 40; ++o)
    EXPECT_NEAR(y[o], expected(0, o), (fine ? 5e-3 : 0.05) * (200 + std::abs(expected(0, o)))) << o;
}

INSTANTIATE_TEST_SUITE_P(Types, IntegerLinearOf, testing::ValuesIn(kIntegers),
                         [](const auto& type) { return name_of(type.param); });

TEST(IntegerLinear, TwoThreadsRunTheSameLayerAtOnce) {
  if (!has_products(best_kernels(), DataType::s8)) GTEST_SKIP() << "this CPU has no integer products";
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
