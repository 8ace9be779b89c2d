#include "index/distance/l2.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace memo {
namespace {

constexpr std::size_t kMaxDimensions = 256;

// Numbers at an address that is a multiple of `step` bytes and of nothing more.
template <typename T>
class At {
 public:
  At(std::size_t count, std::size_t step) : bytes_(count * sizeof(T) + 128), offset_(offset(step)) {}
  T* data() { return reinterpret_cast<T*>(bytes_.data() + offset_); }

 private:
  std::size_t offset(std::size_t step) const {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
    return 64 - address % 64 + step;
  }
  std::vector<std::byte> bytes_;
  std::size_t offset_;
};

using Case = std::tuple<const L2Variant*, FeatureFormat>;

class L2 : public testing::TestWithParam<Case> {
 protected:
  const L2Kernels& sut() const { return std::get<0>(GetParam())->of(format()); }
  FeatureFormat format() const { return std::get<1>(GetParam()); }

  std::vector<float> random_feature(std::size_t dimension) {
    std::normal_distribution<float> normal;
    std::vector<float> feature(dimension);
    for (float& value : feature) value = normal(random_);
    return feature;
  }
  // What the distance is, in double precision, to the feature as its code has it.
  double expected(const float* query, const std::byte* code, std::size_t dimension) const {
    std::vector<float> kept(dimension);
    decode_feature(format(), code, kept);
    double sum = 0;
    for (std::size_t i = 0; i < dimension; ++i) sum += (double{query[i]} - kept[i]) * (double{query[i]} - kept[i]);
    return sum;
  }
  // The terms and their sum are rounded some dimension / lanes times, here at most 64.
  static double tolerance(double distance) { return 64 * 6e-8 * distance + 1e-12; }

  std::mt19937 random_{1};
};

TEST_P(L2, OneAgreesWithDoublePrecisionAtEveryDimensionAndAddress) {
  for (std::size_t dimension = 1; dimension <= kMaxDimensions; ++dimension) {
    const auto feature = random_feature(dimension);
    const std::size_t shift = random_() % 64;  // of the code: any address; of the query: any a float may have
    At<float> query(dimension, shift / 4 * 4);
    std::ranges::copy(random_feature(dimension), query.data());
    At<std::byte> code(feature_bytes(format(), dimension), shift);
    encode_feature(format(), feature, code.data());
    const double distance = expected(query.data(), code.data(), dimension);
    EXPECT_NEAR(sut().one(query.data(), code.data(), dimension), distance, tolerance(distance)) << dimension;
  }
}

TEST_P(L2, FourAreWhatEachIsAlone) {
  for (std::size_t dimension = 1; dimension <= kMaxDimensions; ++dimension) {
    const auto query = random_feature(dimension);
    const std::size_t bytes = feature_bytes(format(), dimension);
    std::vector<std::byte> list(4 * bytes +
                                1);  // one after the other, as a FeatureList has them, from an odd address
    std::array<const std::byte*, 4> codes;
    for (std::size_t n = 0; n < 4; ++n) {
      codes[n] = list.data() + 1 + n * bytes;
      encode_feature(format(), random_feature(dimension), list.data() + 1 + n * bytes);
    }
    std::array<float, 4> distances;
    sut().four(query.data(), codes.data(), dimension, distances.data());
    for (std::size_t n = 0; n < 4; ++n)
      EXPECT_EQ(distances[n], sut().one(query.data(), codes[n], dimension)) << dimension;
  }
}

// Reading beyond the last feature would find the end of the buffer, where the sanitizers watch.
TEST_P(L2, ReadNothingBeyondTheFeature) {
  for (std::size_t dimension = 1; dimension <= kMaxDimensions; ++dimension) {
    const auto query = random_feature(dimension);
    std::vector<std::byte> code(feature_bytes(format(), dimension));
    encode_feature(format(), query, code.data());
    code.shrink_to_fit();
    EXPECT_GE(sut().one(query.data(), code.data(), dimension), 0.0f);
  }
}

TEST_P(L2, OfAKeptFeatureToItselfIsZero) {
  for (const std::size_t dimension : {1, 3, 16, 100, 128, 256}) {
    std::vector<float> feature = random_feature(dimension);
    std::vector<std::byte> code(feature_bytes(format(), dimension));
    encode_feature(format(), feature, code.data());
    decode_feature(format(), code.data(), feature);
    // A fused product rounds once where decoding rounds first: a unit in the last place of each number.
    const float most = format() == FeatureFormat::s8 ? 1e-10f : 0;
    EXPECT_LE(sut().one(feature.data(), code.data(), dimension), most);
  }
}

TEST_P(L2, FarFeaturesAreFarOrInfinitelyFarButNumbers) {
  const std::vector<float> query(64, -3e38f), feature(64, 3e38f);
  std::vector<std::byte> code(feature_bytes(format(), 64));
  encode_feature(format(), feature, code.data());
  EXPECT_GT(sut().one(query.data(), code.data(), 64), 1e30f);
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return std::string(std::get<0>(info.param)->name) + "_" + std::string(to_string(std::get<1>(info.param)));
}

INSTANTIATE_TEST_SUITE_P(Variants, L2,
                         testing::Combine(testing::ValuesIn(l2_variants().begin(), l2_variants().end()),
                                          testing::ValuesIn(kFeatureFormats)),
                         name_of);

TEST(L2Distance, IsNotSquared) {
  const std::vector<float> a{1, 2, 3}, b{4, 2, 7};
  EXPECT_EQ(l2_distance(a, b), 5.0f);
}

}  // namespace
}  // namespace memo
