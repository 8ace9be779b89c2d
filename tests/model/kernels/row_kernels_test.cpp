#include <gtest/gtest.h>

#include "tests/model/kernels/reference.h"

namespace memo {
namespace {

std::vector<float> random_floats(std::size_t count, double mean, double deviation) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::normal_distribution<double> normal(mean, deviation);
  std::vector<float> floats(count);
  for (float& x : floats) x = static_cast<float>(normal(random));
  return floats;
}

// Rows of one width, their weights, and what normalizing them gives.
struct NormCase {
  NormCase(std::size_t row_width, double mean, double deviation)
      : width(row_width),
        x(random_floats(kRows * row_width, mean, deviation)),
        weight(random_floats(row_width, 1, 0.3)),
        bias(random_floats(row_width, 0.2, 0.1)) {}

  static constexpr std::size_t kRows = 3;
  static constexpr float kEpsilon = 1e-3f;

  NormRows rows() const {
    NormRows rows;
    rows.x = x.data();
    rows.weight = weight.data();
    rows.bias = bias.data();
    rows.rows = kRows;
    rows.width = width;
    rows.epsilon = kEpsilon;
    return rows;
  }

  double expected(std::size_t row, std::size_t i) const {
    double mean = 0, square = 0;
    for (std::size_t k = 0; k < width; ++k) mean += x[row * width + k] / static_cast<double>(width);
    for (std::size_t k = 0; k < width; ++k) square += std::pow(x[row * width + k] - mean, 2);
    const double deviation = std::sqrt(square / static_cast<double>(width) + kEpsilon);
    return (x[row * width + i] - mean) / deviation * weight[i] + bias[i];
  }

  std::size_t width;
  std::vector<float> x;
  std::vector<float> weight;
  std::vector<float> bias;
};

template <typename Element>
void expect_normalized(const NormCase& what, const GuardedMemory& memory, double tolerance) {
  EXPECT_TRUE(memory.guards_intact());
  const auto* normalized = reinterpret_cast<const Element*>(memory.data());
  for (std::size_t row = 0; row < NormCase::kRows; ++row)
    for (std::size_t i = 0; i < what.width; ++i) {
      const double expected = what.expected(row, i);
      ASSERT_NEAR(value_of(normalized[row * what.width + i]), expected, tolerance * (1 + std::abs(expected)))
          << "row " << row << " element " << i;
    }
}

class NormKernel : public testing::TestWithParam<std::size_t> {
 protected:
  std::size_t count() const { return NormCase::kRows * GetParam(); }
};

TEST_P(NormKernel, WritesNormalizedAndRoundedRows) {
  const NormCase what(GetParam(), 0.5, 2);
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    GuardedMemory normalized(count() * sizeof(float)), rounded(count() * sizeof(Bf16));
    NormRows rows = what.rows();
    rows.normalized = reinterpret_cast<float*>(normalized.data());
    rows.rounded = reinterpret_cast<Bf16*>(rounded.data());
    variant->norm(rows);
    expect_normalized<float>(what, normalized, 2e-6);
    for (std::size_t i = 0; i < count(); ++i)
      ASSERT_EQ(rows.rounded[i], element_of<Bf16>(rows.normalized[i])) << rows.normalized[i];
  }
}

TEST_P(NormKernel, EitherResultMayBeLeftOut) {
  const NormCase what(GetParam(), -1, 1);
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    GuardedMemory normalized(count() * sizeof(float)), rounded(count() * sizeof(Bf16));
    NormRows rows = what.rows();
    rows.normalized = reinterpret_cast<float*>(normalized.data());
    variant->norm(rows);
    expect_normalized<float>(what, normalized, 2e-6);
    rows.normalized = nullptr;
    rows.rounded = reinterpret_cast<Bf16*>(rounded.data());
    variant->norm(rows);
    expect_normalized<Bf16>(what, rounded, 1.0 / 256);
  }
}

TEST_P(NormKernel, WorksInPlace) {
  const NormCase what(GetParam(), 0, 1);
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    GuardedMemory states(count() * sizeof(float));
    std::memcpy(states.data(), what.x.data(), count() * sizeof(float));
    NormRows rows = what.rows();
    rows.normalized = reinterpret_cast<float*>(states.data());
    rows.x = rows.normalized;
    variant->norm(rows);
    expect_normalized<float>(what, states, 2e-6);
  }
}

TEST_P(NormKernel, LargeMeanDoesNotHideTheDeviation) {
  const NormCase what(GetParam(), 1000, 1);
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    GuardedMemory normalized(count() * sizeof(float));
    NormRows rows = what.rows();
    rows.normalized = reinterpret_cast<float*>(normalized.data());
    variant->norm(rows);
    expect_normalized<float>(what, normalized, 1e-3);  // the mean itself has an error of 1e-7 of 1000
  }
}

TEST_P(NormKernel, EqualElementsGiveTheBias) {
  NormCase what(GetParam(), 0, 1);
  what.x.assign(count(), 0.25f);
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    std::vector<float> normalized(count());
    NormRows rows = what.rows();
    rows.normalized = normalized.data();
    variant->norm(rows);
    for (std::size_t i = 0; i < count(); ++i) ASSERT_NEAR(normalized[i], what.bias[i % what.width], 1e-5) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, NormKernel,
                         testing::Values(1, 2, 7, 8, 15, 16, 31, 32, 33, 64, 100, 312, 384, 387, 768));

using RowLength = testing::TestWithParam<std::uint32_t>;
const auto kRowLengths = testing::Values(1, 2, 7, 15, 16, 17, 31, 32, 33, 48, 127, 128, 1000);

class AddKernel : public RowLength {};
INSTANTIATE_TEST_SUITE_P(Lengths, AddKernel, kRowLengths);

TEST_P(AddKernel, AddsEachElementOnce) {
  const std::vector<float> x = random_floats(GetParam(), 0, 1);
  const std::vector<float> before = random_floats(GetParam() + 1, 0, 1);
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    GuardedMemory sums(GetParam() * sizeof(float));
    std::memcpy(sums.data(), before.data(), GetParam() * sizeof(float));
    variant->add(x.data(), reinterpret_cast<float*>(sums.data()), GetParam());
    EXPECT_TRUE(sums.guards_intact());
    for (std::size_t i = 0; i < GetParam(); ++i)
      ASSERT_EQ(reinterpret_cast<const float*>(sums.data())[i], before[i] + x[i]) << i;
  }
}

float float_of_bits(std::uint32_t bits) {
  float x = 0;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

// Ties to even and to odd, their neighbours, the edges of the format, and random bits.
std::vector<float> numbers_to_round(std::size_t count) {
  std::vector<float> numbers = {0.0f, -0.0f, INFINITY, -INFINITY, 1.0f, std::numeric_limits<float>::max()};
  for (const std::uint32_t upper : {0x3f80u, 0x3f81u, 0xbf80u, 0xbf81u, 0x3fffu, 0x7f7fu, 0x0080u, 0x7effu})
    for (const std::uint32_t lower : {0x7fffu, 0x8000u, 0x8001u})
      numbers.push_back(float_of_bits(upper << 16 | lower));
  std::mt19937 random(7);
  while (numbers.size() < 4096) {
    const float x = float_of_bits(static_cast<std::uint32_t>(random()));
    if (std::isnormal(x)) numbers.push_back(x);
  }
  // A window that wanders: every number meets the vectors and what is left behind them.
  std::rotate(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(count % 29), numbers.end());
  numbers.resize(count);
  return numbers;
}

class RoundKernel : public RowLength {};
INSTANTIATE_TEST_SUITE_P(Lengths, RoundKernel, kRowLengths);

TEST_P(RoundKernel, RoundsToTheNearestAndTiesToEven) {
  const std::vector<float> x = numbers_to_round(GetParam());
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    GuardedMemory rounded(x.size() * sizeof(Bf16));
    variant->round(x.data(), reinterpret_cast<Bf16*>(rounded.data()), x.size());
    EXPECT_TRUE(rounded.guards_intact());
    for (std::size_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(reinterpret_cast<const Bf16*>(rounded.data())[i], element_of<Bf16>(x[i])) << i << ": " << x[i];
  }
}

TEST_P(RoundKernel, NaNsStayNaNs) {
  std::vector<float> x(GetParam());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = float_of_bits(i % 2 == 0 ? 0x7f800001 : 0xffffffff);
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    std::vector<Bf16> rounded(x.size());
    variant->round(x.data(), rounded.data(), x.size());
    for (const Bf16 element : rounded) ASSERT_TRUE(std::isnan(value_of(element)));
  }
}

// vcvtneps2bf16 takes subnormal numbers for zeros.
TEST_P(RoundKernel, SubnormalNumbersAreRoundedOrBecomeZeros) {
  std::vector<float> x(GetParam());
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = float_of_bits((i % 2 == 0 ? 0u : 0x80000000u) | static_cast<std::uint32_t>(i * 9973 % 0x7f0000));
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    std::vector<Bf16> rounded(x.size());
    variant->round(x.data(), rounded.data(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      ASSERT_TRUE(rounded[i] == element_of<Bf16>(x[i]) || value_of(rounded[i]) == 0) << x[i];
  }
}

struct EncodedRow {
  EncodedRow(const Kernels& kernels, const std::vector<float>& row) : memory(row.size()) {
    weights = kernels.encode_row(row.data(), static_cast<std::uint32_t>(row.size()),
                                 reinterpret_cast<std::uint8_t*>(memory.data()));
    EXPECT_TRUE(memory.guards_intact());
  }
  int byte(std::size_t i) const { return static_cast<int>(memory.data()[i]); }

  GuardedMemory memory;
  RowWeights weights;
};

class EncodeRowKernel : public RowLength {};
INSTANTIATE_TEST_SUITE_P(Lengths, EncodeRowKernel, kRowLengths);

TEST_P(EncodeRowKernel, KeepsTheLargestApartAndQuantizesByTheSecond) {
  for (const double size : {1e-20, 1e-3, 1.0, 1e30}) {
    std::vector<float> row = random_floats(GetParam(), 0, size);
    for (float& x : row) x = std::abs(x);
    const auto most = std::max_element(row.begin(), row.end());
    const auto place = static_cast<std::size_t>(most - row.begin());
    double second = 0, total = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      total += row[i];
      if (i != place) second = std::max<double>(second, row[i]);
    }
    for (const Kernels* variant : supported_kernels()) {
      SCOPED_TRACE(variant->name);
      const EncodedRow sut(*variant, row);
      ASSERT_EQ(sut.weights.place, place);
      ASSERT_EQ(sut.byte(place), 0);
      int sum = 0, largest = 0;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const double expected = i == place ? 0 : row[i] / second * 255;
        ASSERT_NEAR(sut.byte(i), expected, 0.5001) << i;
        sum += sut.byte(i);
        largest = std::max(largest, sut.byte(i));
      }
      ASSERT_EQ(largest, row.size() > 1 ? 255 : 0);
      ASSERT_NEAR(sut.weights.peak + sut.weights.scale * sum, 1, 1e-5);
      // Peak and bytes are in proportion, to within what rounding makes of the sum.
      const double rounding = 0.51 * second / 255 * static_cast<double>(row.size()) / total;
      ASSERT_NEAR(sut.weights.peak, *most / total, rounding * *most / total * 1.1 + 1e-6);
    }
  }
}

TEST_P(EncodeRowKernel, NaNsAndNegativeElementsBecomeZeros) {
  std::vector<float> row = random_floats(GetParam(), 1, 0.1);
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = std::abs(row[i]);
    if (i % 3 == 1) row[i] = NAN;
    if (i % 3 == 2) row[i] = i % 2 == 0 ? -row[i] : -INFINITY;
  }
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    const EncodedRow sut(*variant, row);
    for (std::size_t i = 0; i < row.size(); ++i)
      ASSERT_EQ(sut.byte(i) == 0, i % 3 != 0 || i == sut.weights.place) << i;
    EXPECT_EQ(sut.weights.place % 3, 0);
    EXPECT_TRUE(std::isfinite(sut.weights.scale) && std::isfinite(sut.weights.peak));
  }
}

TEST_P(EncodeRowKernel, RowWithoutAFiniteMaximumBecomesZeros) {
  std::vector<float> with_infinity(GetParam(), 1.0f);
  with_infinity.back() = INFINITY;
  const std::vector<std::vector<float>> rows = {
      std::vector<float>(GetParam(), 0.0f), std::vector<float>(GetParam(), -1.0f),
      std::vector<float>(GetParam(), NAN), std::vector<float>(GetParam(), 1e-40f), with_infinity};
  for (const std::vector<float>& row : rows)
    for (const Kernels* variant : supported_kernels()) {
      SCOPED_TRACE(testing::Message() << variant->name << " " << row.front());
      const EncodedRow sut(*variant, row);
      EXPECT_EQ(sut.weights.scale, 0);
      EXPECT_EQ(sut.weights.peak, 0);
      for (std::size_t i = 0; i < row.size(); ++i) ASSERT_EQ(sut.byte(i), 0) << i;
    }
}

TEST(KernelVariants, BaselineRunsEverywhereAndComesLast) {
  EXPECT_STREQ(supported_kernels().back()->name, "baseline");
  EXPECT_EQ(supported_kernels().front(), &best_kernels());
}

TEST(KernelVariants, Bf16FunctionsExistWhereTheyAreAnnounced) {
  for (const Kernels* variant : supported_kernels()) {
    EXPECT_EQ(variant->attention_bf16 != nullptr, variant->bf16) << variant->name;
    EXPECT_EQ(variant->map_bf16 != nullptr, variant->bf16) << variant->name;
    EXPECT_EQ(variant->blend_bf16 != nullptr, variant->bf16) << variant->name;
  }
}

}  // namespace
}  // namespace memo
