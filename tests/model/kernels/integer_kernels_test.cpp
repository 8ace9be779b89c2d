// Rows of levels, and their products with weights of s8 and s16, in every variant that has them.
#include <gtest/gtest.h>

#include "tests/model/kernels/reference.h"

namespace memo {
namespace {

struct Sut {
  std::string name;
  const IntegerKernels* kernels;
  std::uint32_t largest_level() const { return kernels->format.largest_level; }
  // With which sums of `width` products with the largest level do not overflow.
  int largest_weight(std::size_t width) const {
    const std::size_t limit = 0x7fffffff / width / largest_level();
    return static_cast<int>(std::min<std::size_t>(limit, kernels->format.largest_weight));
  }
};

std::vector<Sut> suts() {
  std::vector<Sut> suts;
  for (const Kernels* kernels : supported_kernels()) {
    if (kernels->s8.multiply != nullptr) suts.push_back({std::string(kernels->name) + " s8", &kernels->s8});
    if (kernels->s16.multiply != nullptr) suts.push_back({std::string(kernels->name) + " s16", &kernels->s16});
  }
  return suts;
}

std::size_t up_to(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

// Rows of x and what a variant makes of them.
class Levels {
 public:
  Levels(const Sut& sut, std::vector<float> x, std::size_t width)
      : sut_(sut),
        x_(std::move(x)),
        rows_(x_.size() / width),
        width_(width),
        stride_(up_to(width * sut.kernels->format.level_bytes, 64)),
        memory_(rows_ * stride_),
        scales_(rows_ * sizeof(LevelScale)) {
    // At the end of a page: a kernel reads no further than the last row.
    PageEndMemory input(x_.size() * sizeof(float));
    std::copy(x_.begin(), x_.end(), input.as<float>());
    LevelRows work;
    work.x = input.as<float>();
    work.rows = rows_;
    work.width = width;
    work.largest = sut.largest_level();
    work.levels = memory_.data();
    work.stride = stride_;
    work.scales = reinterpret_cast<LevelScale*>(scales_.data());
    sut.kernels->make_levels(work);
    EXPECT_TRUE(memory_.guards_intact());
    EXPECT_TRUE(scales_.guards_intact());
  }

  std::size_t rows() const { return rows_; }
  std::size_t width() const { return width_; }
  std::size_t stride() const { return stride_; }
  std::size_t stored() const { return stride_ / sut_.kernels->format.level_bytes; }
  const std::byte* data() const { return memory_.data(); }
  const LevelScale* scales() const { return reinterpret_cast<const LevelScale*>(scales_.data()); }
  std::uint32_t level(std::size_t row, std::size_t i) const {
    const std::byte* levels = memory_.data() + row * stride_;
    if (sut_.kernels->format.level_bytes == 1) return static_cast<std::uint32_t>(levels[i]);
    return reinterpret_cast<const std::uint16_t*>(levels)[i];
  }
  double value(std::size_t row, std::size_t i) const {
    return scales()[row].least + static_cast<double>(scales()[row].step) * level(row, i);
  }
  double x(std::size_t row, std::size_t i) const { return x_[row * width_ + i]; }

 private:
  const Sut sut_;
  std::vector<float> x_;
  std::size_t rows_;
  std::size_t width_;
  std::size_t stride_;
  GuardedMemory memory_;
  GuardedMemory scales_;
};

std::vector<float> normal_floats(std::size_t count, float mean, float deviation) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::normal_distribution<float> normal(mean, deviation);
  std::vector<float> floats(count);
  for (float& x : floats) x = normal(random);
  return floats;
}

// Weights as a variant wants them, with their scales, sums and biases. all: what every weight is; else they are random.
class Panels {
 public:
  Panels(const Sut& sut, std::size_t width, std::size_t out, std::optional<int> all = std::nullopt)
      : format_(sut.kernels->format),
        width_(width),
        out_(out),
        units_(up_to(width, format_.per_unit) / format_.per_unit),
        padded_(up_to(out, format_.columns)),
        panels_(padded_ * units_ * format_.per_unit * format_.weight_bytes),
        weights_(out * width) {
    std::mt19937 random(5);
    const int largest = sut.largest_weight(width);
    std::uniform_int_distribution<int> any(-largest, largest);
    std::fill_n(panels_.data(), padded_ * units_ * format_.per_unit * format_.weight_bytes, std::byte{0});
    for (std::size_t o = 0; o < out; ++o)
      for (std::size_t i = 0; i < width; ++i) set(o, i, all ? *all : any(random));
    scales = normal_floats(padded_, 0.01f, 0.002f);
    sums = normal_floats(padded_, 0, 1);
    biases = normal_floats(padded_, 0, 1);
  }

  IntegerProduct product(const Levels& levels, float* y, bool add) const {
    IntegerProduct product;
    product.levels = levels.data();
    product.stride = levels.stride();
    product.level_scales = levels.scales();
    product.rows = levels.rows();
    product.units = units_;
    product.weights = panels_.data();
    product.scales = scales.data();
    product.sums = sums.data();
    product.biases = biases.data();
    product.y = y;
    product.out = out_;
    product.add = add;
    return product;
  }
  // The definition.
  double of(const Levels& levels, std::size_t row, std::size_t o) const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < width_; ++i) sum += std::int64_t{levels.level(row, i)} * weights_[o * width_ + i];
    const LevelScale scale = levels.scales()[row];
    return static_cast<double>(sum) * scale.step * scales[o] + static_cast<double>(scale.least) * sums[o] +
           biases[o];
  }

  std::vector<float> scales, sums, biases;

 private:
  void set(std::size_t o, std::size_t i, int weight) {
    weights_[o * width_ + i] = weight;
    const std::size_t unit =
        (o / format_.columns * units_ + i / format_.per_unit) * format_.columns + o % format_.columns;
    const std::size_t place = unit * format_.per_unit + i % format_.per_unit;
    if (format_.weight_bytes == 1) {
      panels_.data()[place] = static_cast<std::byte>(weight);
    } else {
      reinterpret_cast<std::int16_t*>(panels_.data())[place] = static_cast<std::int16_t>(weight);
    }
  }

  IntegerFormat format_;
  std::size_t width_;
  std::size_t out_;
  std::size_t units_;
  std::size_t padded_;
  GuardedMemory panels_;
  std::vector<int> weights_;
};

class IntegerKernels : public testing::TestWithParam<std::size_t> {};

TEST_P(IntegerKernels, LevelsAreTheNearest) {
  const std::size_t width = GetParam();
  for (const Sut& variant : suts()) {
    SCOPED_TRACE(variant.name);
    const Levels sut(variant, normal_floats(5 * width, 3, 2), width);
    for (std::size_t row = 0; row < sut.rows(); ++row) {
      const double step = sut.scales()[row].step;
      std::uint32_t least = variant.largest_level(), most = 0;
      for (std::size_t i = 0; i < width; ++i) {
        ASSERT_NEAR(sut.value(row, i), sut.x(row, i), 0.5001 * step + 1e-6) << "row " << row << " element " << i;
        least = std::min(least, sut.level(row, i));
        most = std::max(most, sut.level(row, i));
      }
      EXPECT_EQ(least, 0u);
      EXPECT_EQ(most, width == 1 ? 0 : variant.largest_level());
      for (std::size_t i = width; i < sut.stored(); ++i) ASSERT_EQ(sut.level(row, i), 0u) << "padding " << i;
    }
  }
}

TEST_P(IntegerKernels, ProductIsTheDefinition) {
  const std::size_t width = GetParam();
  for (const Sut& variant : suts())
    for (const std::size_t rows : {1, 3, 8, 13})
      for (const std::size_t out : {1, 16, 31, 64, 70})
        for (const bool add : {false, true}) {
          SCOPED_TRACE(testing::Message() << variant.name << " rows " << rows << " out " << out << " add " << add);
          const Levels levels(variant, normal_floats(rows * width, -1, 2), width);
          const Panels panels(variant, width, out);
          GuardedMemory y(rows * out * sizeof(float));
          auto* elements = reinterpret_cast<float*>(y.data());
          const std::vector<float> before = normal_floats(rows * out, 0, 1);
          if (add) std::copy(before.begin(), before.end(), elements);
          variant.kernels->multiply(panels.product(levels, elements, add));
          EXPECT_TRUE(y.guards_intact());
          for (std::size_t row = 0; row < rows; ++row)
            for (std::size_t o = 0; o < out; ++o) {
              const double expected = panels.of(levels, row, o) + (add ? before[row * out + o] : 0);
              ASSERT_NEAR(elements[row * out + o], expected, 1e-5 * (1 + std::abs(expected)))
                  << "row " << row << " output " << o;
            }
        }
}

TEST_P(IntegerKernels, ARowHasTheSameBitsAloneAndAmongOthers) {
  const std::size_t width = GetParam();
  constexpr std::size_t kRows = 21, kOut = 70;
  for (const Sut& variant : suts()) {
    SCOPED_TRACE(variant.name);
    const std::vector<float> x = normal_floats(kRows * width, 0, 1);
    const Panels panels(variant, width, kOut);
    std::vector<float> together(kRows * kOut);
    variant.kernels->multiply(panels.product(Levels(variant, x, width), together.data(), false));
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto begin = x.begin() + static_cast<std::ptrdiff_t>(row * width);
      const Levels one(variant, {begin, begin + static_cast<std::ptrdiff_t>(width)}, width);
      std::vector<float> alone(kOut);
      variant.kernels->multiply(panels.product(one, alone.data(), false));
      EXPECT_EQ(std::memcmp(alone.data(), together.data() + row * kOut, kOut * sizeof(float)), 0) << "row " << row;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, IntegerKernels, testing::Values(1, 2, 5, 15, 16, 33, 64, 100, 384, 4129));

TEST(IntegerKernels, TheLargestSumsDoNotOverflow) {
  for (const Sut& variant : suts())
    for (const std::size_t width : {2, 3, 384, 20000})
      for (const int sign : {1, -1}) {
        const int weight = sign * variant.largest_weight(width);
        SCOPED_TRACE(testing::Message() << variant.name << " width " << width << " weight " << weight);
        std::vector<float> x(width, 1);
        x[0] = 0;
        const Levels levels(variant, x, width);
        EXPECT_EQ(levels.level(0, width - 1), variant.largest_level());
        const Panels panels(variant, width, 1, weight);
        float y = 0;
        variant.kernels->multiply(panels.product(levels, &y, false));
        const double expected = panels.of(levels, 0, 0);
        EXPECT_NEAR(y, expected, 1e-6 * std::abs(expected) + 1e-5);
      }
}

TEST(IntegerKernels, ARowOfEqualElementsIsExact) {
  for (const Sut& variant : suts())
    for (const float x : {0.0f, -2.5f, 1e-38f, 3e38f}) {
      const Levels sut(variant, std::vector<float>(40, x), 40);
      for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(sut.value(0, i), x) << variant.name;
    }
}

TEST(IntegerKernels, ARowThatIsNotFiniteStaysSo) {
  for (const Sut& variant : suts())
    for (const std::size_t place : {0, 7, 31, 32, 39})
      for (const float x : {NAN, INFINITY, -INFINITY}) {
        SCOPED_TRACE(testing::Message() << variant.name << " place " << place << " " << x);
        std::vector<float> rows = normal_floats(3 * 40, 0, 1);
        rows[40 + place] = x;
        const Levels levels(variant, rows, 40);
        const Panels panels(variant, 40, 33);
        std::vector<float> y(3 * 33);
        variant.kernels->multiply(panels.product(levels, y.data(), false));
        for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(std::isfinite(y[i]), i / 33 != 1) << "row " << i / 33;
      }
}

TEST(IntegerKernels, EveryVariantButTheBaselineHasThem) {
  for (const Kernels* kernels : supported_kernels()) {
    const bool has = std::string_view(kernels->name) != "baseline";
    EXPECT_EQ(kernels->s8.multiply != nullptr, has) << kernels->name;
    EXPECT_EQ(kernels->s16.multiply != nullptr, has) << kernels->name;
  }
}

}  // namespace
}  // namespace memo
