#include "model/memo/context_kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

namespace memo {
namespace {

struct Aligned {
  explicit Aligned(std::size_t bytes)
      : memory(static_cast<std::byte*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)), std::free),
        bytes(memory.get(), bytes) {}
  std::unique_ptr<std::byte, void (*)(void*)> memory;
  std::span<std::byte> bytes;
};

struct Case {
  std::uint32_t stored_length;
  std::uint32_t length;
  std::uint32_t head_dim;
};

// Random map, values and both contexts of one case, with rows that are farther apart than they are long.
class KernelRun {
 public:
  explicit KernelRun(const Case& what)
      : case_(what), shape_{kHeads, what.stored_length}, payload_(shape_.payload_bytes()) {
    std::mt19937 random(what.length * 131 + what.head_dim);
    std::vector<float> map(std::size_t{kHeads} * shape_.length * shape_.length);
    std::exponential_distribution<float> probability(1);
    for (float& element : map) element = probability(random);
    encode_map(map.data(), std::size_t{shape_.length} * shape_.length, shape_.length, shape_, payload_.bytes);
    std::normal_distribution<float> normal(0, 1);
    values_.resize(case_.length * value_stride());
    for (float& value : values_) value = normal(random);
  }

  std::vector<float> run(const MapKernels& kernels) {
    std::vector<float> context(case_.length * context_stride(), kUntouched);
    ContextOperands operands{values_.data(),   value_stride(), context.data(),
                             context_stride(), case_.length,   case_.head_dim};
    context_from_map(payload_.bytes, shape_, operands, kernels);
    return context;
  }

  // The definition, in double.
  double expected(std::uint32_t row, std::uint32_t column) const {
    const std::uint32_t head = column / case_.head_dim;
    const auto* rows = reinterpret_cast<const std::uint8_t*>(payload_.bytes.data()) + shape_.scales_bytes() +
                       (std::size_t{head} * shape_.length + row) * shape_.stride();
    double sum = 0, kept = 0;
    for (std::uint32_t k = 0; k < case_.length; ++k) {
      sum += rows[k] * static_cast<double>(values_[k * value_stride() + column]);
      kept += rows[k];
    }
    return kept == 0 ? 0 : sum / kept;
  }

  std::size_t width() const { return std::size_t{kHeads} * case_.head_dim; }
  std::size_t value_stride() const { return 3 * width(); }
  std::size_t context_stride() const { return width() + 7; }

  static constexpr std::uint32_t kHeads = 3;
  static constexpr float kUntouched = -7777;

 private:
  const Case case_;
  const MapShape shape_;
  Aligned payload_;
  std::vector<float> values_;
};

void expect_naive_context(const Case& what) {
  KernelRun run(what);
  for (const MapKernels* kernels : supported_map_kernels()) {
    SCOPED_TRACE(kernels->name);
    const std::vector<float> context = run.run(*kernels);
    for (std::uint32_t row = 0; row < what.length; ++row) {
      for (std::uint32_t column = 0; column < run.width(); ++column)
        ASSERT_NEAR(context[row * run.context_stride() + column], run.expected(row, column), 1e-5)
            << "row " << row << " column " << column;
      for (std::size_t column = run.width(); column < run.context_stride(); ++column)
        ASSERT_EQ(context[row * run.context_stride() + column], KernelRun::kUntouched);
    }
  }
}

class ContextKernelHeadDim : public testing::TestWithParam<std::uint32_t> {};
TEST_P(ContextKernelHeadDim, EqualsTheNaiveProduct) {
  expect_naive_context({37, 37, GetParam()});
}
INSTANTIATE_TEST_SUITE_P(All, ContextKernelHeadDim, testing::Values(16, 32, 48, 64, 80, 96, 112, 128));

class ContextKernelLength : public testing::TestWithParam<std::uint32_t> {};
TEST_P(ContextKernelLength, EqualsTheNaiveProduct) {
  expect_naive_context({GetParam(), GetParam(), 32});
}
INSTANTIATE_TEST_SUITE_P(Odd, ContextKernelLength, testing::Values(1, 2, 3, 5, 6, 7, 8, 9, 31, 64, 127, 128));
INSTANTIATE_TEST_SUITE_P(BeyondOneBlockOfColumns, ContextKernelLength, testing::Values(512, 513, 1030));

TEST(ContextKernelCrop, RowsOfACroppedMapAreRenormalized) {
  expect_naive_context({48, 33, 32});
  expect_naive_context({128, 5, 64});
  expect_naive_context({600, 515, 16});
}

TEST(ContextKernelCrop, RowWithNothingLeftGivesZeros) {
  const MapShape stored{1, 32};
  Aligned payload(stored.payload_bytes());
  std::vector<float> map(32 * 32, 0.0f);
  for (std::size_t row = 0; row < 32; ++row) map[row * 32 + 31] = 1;  // all weight on the last column
  encode_map(map.data(), 32 * 32, 32, stored, payload.bytes);
  const std::vector<float> values(8 * 16, 3.0f);
  std::vector<float> context(8 * 16, -1.0f);
  context_from_map(payload.bytes, stored, {values.data(), 16, context.data(), 16, 8, 16});
  EXPECT_EQ(context, std::vector<float>(8 * 16, 0.0f));
}

TEST(ContextKernelVariants, BaselineRunsEverywhereAndComesLast) {
  EXPECT_STREQ(supported_map_kernels().back()->name, "baseline");
  EXPECT_EQ(supported_map_kernels().front(), &best_map_kernels());
}

}  // namespace
}  // namespace memo
