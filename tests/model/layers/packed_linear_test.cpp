#include "model/layers/packed_linear.h"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <numbers>
#include <thread>

#include "model/layers/head_projection.h"
#include "tests/model/kernels/reference.h"
#include "tests/model/layers/random_linear.h"

namespace memo {
namespace {

double activated(double x, std::optional<Activation> activation) {
  if (!activation) return x;
  switch (*activation) {
    case Activation::gelu_erf:
      return x / 2 * (1 + std::erf(x / std::numbers::sqrt2));
    case Activation::gelu_tanh:
      return x / 2 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::tanh:
      return std::tanh(x);
  }
  return x;
}

// A layer's input, what is in its output before, and its output after.
class LinearRun {
 public:
  LinearRun(const RandomLinear& linear, LinearOptions options, std::size_t rows)
      : linear_(linear), options_(options), rows_(rows), x_(rows, linear.in()), before_(rows, linear.out()) {
    std::mt19937 random(static_cast<unsigned>(rows));
    x_ = options.type == DataType::f32 ? random_matrix<float>(rows, linear.in(), random)
                                       : random_matrix<Bf16>(rows, linear.in(), random);
    before_ = random_matrix<Bf16>(rows, linear.out(), random);
  }

  void run(const PackedLinear& sut, LinearWorker& worker) {
    // Rows up to the next unit are read, but never used.
    const StoredMatrix x(x_, options_.type, round_up_rows(rows_), NAN);
    y_ = std::make_unique<StoredMatrix>(before_, options_.output, round_up_rows(rows_), 0);
    sut.run(worker, x.data(), y_->data(), rows_);
  }

  void expect_definition() const {
    EXPECT_TRUE(y_->guards_intact());
    for (std::size_t row = 0; row < rows_; ++row)
      for (std::size_t o = 0; o < linear_.out(); ++o) {
        double sum = linear_.bias(o), magnitude = std::abs(sum);
        for (std::size_t i = 0; i < linear_.in(); ++i) {
          const double term = x_(row, i) * linear_.weight(o, i, options_.type);
          sum += term;
          magnitude += std::abs(term);
        }
        const double expected = (options_.add ? before_(row, o) : 0) + activated(sum, options_.activation);
        const double rounding = options_.output == DataType::bf16 ? std::abs(expected) / 250 : 0;
        // oneDNN approximates the error function with an absolute error below 1e-6.
        ASSERT_NEAR((*y_)(row, o), expected, 1e-6 * (1 + magnitude) + rounding)
            << "row " << row << " column " << o;
      }
  }

 private:
  const RandomLinear& linear_;
  LinearOptions options_;
  std::size_t rows_;
  Matrix x_;
  Matrix before_;
  std::unique_ptr<StoredMatrix> y_;
};

bool runs_here(const LinearOptions& options) {
  return options.type == DataType::f32 || best_kernels().bf16;
}

class PackedLinearRows : public testing::TestWithParam<std::size_t> {
 protected:
  static void expect_definition(LinearOptions options, std::size_t in = 48, std::size_t out = 40,
                                bool bias = true) {
    if (!runs_here(options)) return;
    const RandomLinear linear(in, out, bias);
    const PackedLinear sut(cpu_engine(), linear.weights().weight, linear.weights().bias, options);
    LinearWorker worker(cpu_engine());
    EXPECT_EQ(sut.in(), static_cast<std::int64_t>(in));
    EXPECT_EQ(sut.out(), static_cast<std::int64_t>(out));
    SCOPED_TRACE(testing::Message() << name_of(options.type) << " -> " << name_of(options.output) << " in " << in
                                    << " out " << out << " add " << options.add);
    LinearRun run(linear, options, GetParam());
    run.run(sut, worker);
    run.expect_definition();
  }
};

TEST_P(PackedLinearRows, MultipliesInEachTypeAndFromBf16ToF32) {
  expect_definition({DataType::f32, DataType::f32, false, std::nullopt});
  expect_definition({DataType::bf16, DataType::f32, false, std::nullopt});
  expect_definition({DataType::bf16, DataType::bf16, false, std::nullopt});
}

TEST_P(PackedLinearRows, AddsToWhatIsThere) {
  expect_definition({DataType::f32, DataType::f32, true, std::nullopt});
  expect_definition({DataType::bf16, DataType::f32, true, std::nullopt});
}

TEST_P(PackedLinearRows, AppliesEachActivation) {
  for (const Activation activation :
       {Activation::gelu_erf, Activation::gelu_tanh, Activation::relu, Activation::tanh}) {
    SCOPED_TRACE(static_cast<int>(activation));
    expect_definition({DataType::f32, DataType::f32, false, activation});
    expect_definition({DataType::bf16, DataType::bf16, false, activation});
  }
}

TEST_P(PackedLinearRows, NeedsNoBias) {
  expect_definition({DataType::f32, DataType::f32, false, std::nullopt}, 48, 40, false);
  expect_definition({DataType::bf16, DataType::f32, true, std::nullopt}, 48, 40, false);
}

TEST_P(PackedLinearRows, TakesWidthsThatFillNoVector) {
  expect_definition({DataType::f32, DataType::f32, false, std::nullopt}, 7, 3);
  expect_definition({DataType::bf16, DataType::bf16, false, std::nullopt}, 34, 66);
  expect_definition({DataType::bf16, DataType::f32, true, std::nullopt}, 33, 65);
}

INSTANTIATE_TEST_SUITE_P(Rows, PackedLinearRows, testing::Values(1, 15, 16, 17, 128, 300, kMaxLinearRows));

TEST(PackedLinear, OneWorkerRunsLayersAndRowsInAnyOrder) {
  const LinearOptions options;
  const RandomLinear wide(32, 96, true), narrow(96, 16, true);
  const PackedLinear first(cpu_engine(), wide.weights().weight, wide.weights().bias, options);
  const PackedLinear second(cpu_engine(), narrow.weights().weight, narrow.weights().bias, options);
  LinearWorker worker(cpu_engine());
  for (const std::size_t rows : {40, 3, 40, 128, 3}) {
    LinearRun of_first(wide, options, rows), of_second(narrow, options, rows);
    of_first.run(first, worker);
    of_second.run(second, worker);
    of_first.expect_definition();
    of_second.expect_definition();
  }
}

TEST(PackedLinear, TwoThreadsRunTheSameLayerAtOnce) {
  const LinearOptions options{DataType::f32, DataType::f32, false, Activation::relu};
  const RandomLinear linear(48, 40, true);
  const PackedLinear sut(cpu_engine(), linear.weights().weight, linear.weights().bias, options);
  std::vector<LinearRun> runs[2];
  for (auto& thread_runs : runs)
    for (const std::size_t rows : {1, 17, 33, 49, 65, 17}) thread_runs.emplace_back(linear, options, rows);
  std::atomic<int> ready{0};
  const auto run_all = [&](std::vector<LinearRun>& thread_runs) {
    LinearWorker worker(cpu_engine());
    ++ready;
    while (ready.load() < 2) {
    }
    for (LinearRun& run : thread_runs) run.run(sut, worker);
  };
  std::thread other([&] { run_all(runs[1]); });
  run_all(runs[0]);
  other.join();
  for (auto& thread_runs : runs)
    for (const LinearRun& run : thread_runs) run.expect_definition();
}

// Which heads compute: bit h of the parameter.
class HeadProjectionOfHeads : public testing::TestWithParam<unsigned> {
 protected:
  static constexpr std::size_t kHeads = 4;
  static constexpr std::size_t kHeadDim = 6;
  static constexpr std::size_t kHidden = kHeads * kHeadDim;
  static constexpr std::size_t kRows = 19;

  static std::vector<bool> computed() {
    std::vector<bool> heads;
    for (unsigned head = 0; head < kHeads; ++head) heads.push_back((GetParam() >> head & 1) != 0);
    return heads;
  }
  static ModelConfig config() {
    ModelConfig config;
    config.hidden = kHidden;
    config.heads = kHeads;
    return config;
  }

  void expect_columns(DataType type, bool bias) {
    const RandomLinear qkv(kHidden, 3 * kHidden, bias);
    const HeadProjection sut(cpu_engine(), best_kernels(), config(), qkv.weights(), computed(), type);
    const auto heads = static_cast<std::size_t>(std::popcount(GetParam()));
    ASSERT_EQ(sut.columns(), kHidden + 2 * heads * kHeadDim);
    std::mt19937 random(4);
    const Matrix x = random_matrix<Bf16>(kRows, kHidden, random);
    const StoredMatrix stored(x, type, round_up_rows(kRows), NAN);
    StoredMatrix y(Matrix(kRows, sut.columns()), type, round_up_rows(kRows), 0);
    LinearWorker worker(cpu_engine());
    sut.run(worker, stored.data(), y.data(), kRows);
    EXPECT_TRUE(y.guards_intact());
    const Matrix all = qkv.apply(x, type);
    for (std::size_t head = 0; head < kHeads; ++head) {
      expect_head(y, sut.value(head), all, 2 * kHidden + head * kHeadDim);
      if (!computed()[head]) continue;
      expect_head(y, sut.query(head), all, head * kHeadDim);
      expect_head(y, sut.key(head), all, kHidden + head * kHeadDim);
    }
  }

 private:
  static void expect_head(const StoredMatrix& y, std::size_t column, const Matrix& all,
                          std::size_t expected_column) {
    for (std::size_t row = 0; row < kRows; ++row)
      for (std::size_t d = 0; d < kHeadDim; ++d)
        ASSERT_NEAR(y(row, column + d), all(row, expected_column + d),
                    1e-5 + y.relative_error() * std::abs(all(row, expected_column + d)))
            << "row " << row << " column " << expected_column + d;
  }
};

TEST_P(HeadProjectionOfHeads, ProjectsTheirQueriesAndKeysAndAllValues) {
  expect_columns(DataType::f32, true);
  expect_columns(DataType::f32, false);
  if (best_kernels().bf16) expect_columns(DataType::bf16, true);
}

INSTANTIATE_TEST_SUITE_P(Sets, HeadProjectionOfHeads, testing::Range(0u, 16u));

}  // namespace
}  // namespace memo
