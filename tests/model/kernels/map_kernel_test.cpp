#include <gtest/gtest.h>

#include <tuple>

#include "tests/model/kernels/map_product.h"

namespace memo {
namespace {

template <typename Element>
class MapRun : public ProductRun<Element, MapHead> {
 public:
  MapRun(const MapCase& what, RandomMap& map, const Matrix& values) : ProductRun<Element, MapHead>(what, values) {
    point_at(what, map, &this->head);
  }

  // Values against a u8 map may be rounded to s8: by half of a 127th of their distance from the column's mean, which is at
  // most twice the column's largest. A bf16 context is rounded once more.
  double tolerance() const {
    const double step = this->head.encoding == MapEncoding::u8 ? 1.0 / 127 + 1e-5 : 2e-6;
    return sizeof(Element) == sizeof(Bf16) ? 1e-2 + step / 2 : step;
  }
};

template <typename Element>
void expect_product(const MapCase& what, RandomMap& map, const Matrix& values, std::span<const RowRange> ranges) {
  const Matrix expected = probabilities(what, map);
  for (const Kernels* variant : kernels_for<Element>())
    for (const RowRange& range : ranges) {
      SCOPED_TRACE(testing::Message() << variant->name << (sizeof(Element) == 4 ? " f32 " : " bf16 ")
                                      << description(what) << " rows " << range.first_row << " + " << range.rows);
      MapRun<Element> sut(what, map, values);
      sut.head.first_row = range.first_row;
      sut.head.rows = range.rows;
      sut.run(*variant);
      sut.expect_context(expected, values, sut.tolerance());
      if (testing::Test::HasFatalFailure()) return;
    }
}

template <typename Element>
void expect_product_of_random(const MapCase& what, std::span<const RowRange> ranges) {
  RandomMap map(what);
  std::mt19937 random(what.length + what.head_dim);
  const Matrix values = random_matrix<Element>(what.length, what.head_dim, random);
  expect_product<Element>(what, map, values, ranges);
}

void expect_products(const MapCase& what, std::span<const RowRange> ranges) {
  expect_product_of_random<float>(what, ranges);
  expect_product_of_random<Bf16>(what, ranges);
}

class MapKernel : public testing::TestWithParam<std::tuple<std::uint32_t, MapEncoding>> {
 protected:
  std::uint32_t length() const { return std::get<0>(GetParam()); }
  MapEncoding encoding() const { return std::get<1>(GetParam()); }
  std::vector<RowRange> ranges() const {
    const std::uint32_t third = length() / 3;
    std::vector<RowRange> ranges = {{0, length()}, {length() - 1, 1}, {third, length() - third}};
    if (third > 0) ranges.push_back({third, third});
    return ranges;
  }
};

TEST_P(MapKernel, ContextIsMapTimesValues) {
  const RowRange all[] = {{0, length()}};
  for (const std::uint32_t head_dim : {2, 6, 16, 24, 32, 64, 128})
    expect_products({length(), head_dim, encoding()}, all);
}

TEST_P(MapKernel, RowsOfACroppedMapAreRenormalized) {
  for (const std::uint32_t more : {1, 5, 16, 40})
    expect_products({length(), 24, encoding(), false, length() + more}, ranges());
}

TEST_P(MapKernel, WritesOnlyTheRowsAskedFor) {
  expect_products({length(), 32, encoding()}, ranges());
}

TEST_P(MapKernel, CausalMapKeepsItsScalesWholeOrCropped) {
  expect_products({length(), 24, encoding(), true}, ranges());
  expect_products({length(), 24, encoding(), true, length() + 7}, ranges());
}

TEST_P(MapKernel, ValuesOfAnySizeAreMultiplied) {
  const MapCase what{length(), 24, encoding()};
  const RowRange all[] = {{0, length()}};
  RandomMap map(what);
  std::mt19937 random(3);
  // Columns of zeros, of numbers around 1e20 and 1e-20, and of one large number among small ones.
  const auto scaled = [&](Matrix values) {
    for (std::size_t k = 0; k < values.rows; ++k) {
      values(k, 0) = 0;
      values(k, 1) *= std::ldexp(1, 66);
      values(k, 17) *= std::ldexp(1, -66);
      values(k, 23) = k == values.rows / 2 ? 1e6 : values(k, 23);
    }
    return values;
  };
  expect_product<float>(what, map, scaled(random_matrix<float>(length(), 24, random)), all);
  expect_product<Bf16>(what, map, scaled(random_matrix<Bf16>(length(), 24, random)), all);
  expect_product<float>(what, map, Matrix(length(), 24), all);
  expect_product<Bf16>(what, map, Matrix(length(), 24), all);
}

TEST_P(MapKernel, RowsOfNothingGiveZeros) {
  const MapCase what{length(), 16, encoding()};
  RandomMap map(what);
  std::memset(map.row(length() / 2), 0, map.stride);
  map.scales[length() / 2] = map.peaks[length() / 2] = 0;
  std::mt19937 random(3);
  const Matrix values = random_matrix<float>(length(), 16, random);
  for (const bool renormalize : {false, true})
    for (const Kernels* variant : supported_kernels()) {
      SCOPED_TRACE(variant->name);
      MapRun<float> sut(what, map, values);
      sut.head.renormalize = renormalize;
      sut.run(*variant);
      for (std::size_t d = 0; d < 16; ++d) ASSERT_EQ(sut.context(length() / 2, d), 0) << d;
    }
}

INSTANTIATE_TEST_SUITE_P(Lengths, MapKernel,
                         testing::Combine(testing::Values(1u, 2u, 3u, 5u, 7u, 8u, 9u, 31u, 33u, 64u, 127u, 130u,
                                                          257u),
                                          testing::Values(MapEncoding::u8, MapEncoding::f16, MapEncoding::f32)),
                         [](const auto& what) {
                           return std::to_string(std::get<0>(what.param)) + "_" + name_of(std::get<1>(what.param));
                         });

class MapKernelEncoding : public testing::TestWithParam<MapEncoding> {};

TEST_P(MapKernelEncoding, TakesTheLargestHeads) {
  for (const std::uint32_t head_dim : {34u, 254u, kMaxHeadDim})
    for (const std::uint32_t length : {1u, 5u, 66u}) {
      const RowRange all[] = {{0, length}};
      expect_products({length, head_dim, GetParam()}, all);
    }
}

TEST_P(MapKernelEncoding, TakesLongSequences) {
  const RowRange some[] = {{0, 9}, {1000, 30}};
  expect_products({1030, 16, GetParam()}, some);
}

// Every row is the largest that can be stored, and so is every value: sums must not overflow.
TEST_P(MapKernelEncoding, FullRowsTimesEqualValuesGiveThatValue) {
  const MapCase what{600, 16, GetParam()};
  RandomMap map(what);
  for (std::size_t row = 0; row < what.length; ++row) {
    std::memset(map.row(row), GetParam() == MapEncoding::u8 ? 255 : 0, map.stride);
    for (std::size_t i = 0; i < what.length; ++i) {
      constexpr std::uint16_t kHalfOne = 0x3c00;
      constexpr float kOne = 1;
      if (GetParam() == MapEncoding::f16) std::memcpy(map.row(row) + 2 * i, &kHalfOne, 2);
      if (GetParam() == MapEncoding::f32) std::memcpy(map.row(row) + 4 * i, &kOne, 4);
    }
    map.scales[row] = 1 / (600.0f * (GetParam() == MapEncoding::u8 ? 255.0f : 1.0f));
    map.peaks[row] = 0;
  }
  Matrix values(what.length, 16);
  for (double& value : values.elements) value = -3;
  const RowRange some[] = {{0, 3}, {595, 5}};
  expect_product<float>(what, map, values, some);
  expect_product<Bf16>(what, map, values, some);
}

// Two products of bytes do not fit into 16 bits, to which some instructions (vpmaddubsw) cut their sum: 255 * 127 * 2.
// Half of the tokens have all the weight, and the largest values.
TEST(MapKernelU8, ProductsOfLargeNeighboursAreNotCutOff) {
  constexpr std::uint32_t kTokens = 64;
  const MapCase what{kTokens, 16, MapEncoding::u8};
  Matrix values(kTokens, 16);
  for (std::size_t k = 0; k < kTokens; ++k)
    for (std::size_t d = 0; d < 16; ++d) values(k, d) = (k < kTokens / 2) == (d % 2 == 0) ? 1 : -1;
  constexpr std::pair<std::uint8_t, std::uint8_t> kNeighbours[] = {{255, 255}, {255, 4},   {255, 3},
                                                                   {130, 129}, {129, 129}, {1, 255}};
  for (const auto& [even, odd] : kNeighbours) {
    RandomMap map(what);
    for (std::size_t row = 0; row < kTokens; ++row) {
      auto* bytes = reinterpret_cast<std::uint8_t*>(map.row(row));
      std::memset(bytes, 0, map.stride);
      for (std::size_t i = 0; i < kTokens / 2; i += 2) bytes[i] = even, bytes[i + 1] = odd;
      map.scales[row] = 4.0f / static_cast<float>(kTokens * (even + odd));
      map.peaks[row] = 0;
      map.places[row] = 0;
    }
    const RowRange all[] = {{0, kTokens}};
    SCOPED_TRACE(testing::Message() << int{even} << ", " << int{odd});
    expect_product<float>(what, map, values, all);
    expect_product<Bf16>(what, map, values, all);
  }
}

// A pool may hold anything: a place outside of the sequence is no reason to read there.
TEST(MapKernelU8, APlaceOutsideOfTheSequenceIsIgnored) {
  for (const std::uint32_t length : {1u, 8u, 33u}) {
    const MapCase what{length, 16, MapEncoding::u8};
    RandomMap map(what);
    map.places.assign(length, 65535);
    map.scales.assign(length, 0);
    std::mt19937 random(3);
    const Matrix values = random_matrix<float>(length, 16, random);
    for (const Kernels* variant : supported_kernels()) {
      SCOPED_TRACE(variant->name);
      MapRun<float> sut(what, map, values);
      sut.run(*variant);
      for (std::size_t d = 0; d < 16; ++d) ASSERT_EQ(sut.context(length / 2, d), 0) << d;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Encodings, MapKernelEncoding,
                         testing::Values(MapEncoding::u8, MapEncoding::f16, MapEncoding::f32),
                         [](const auto& what) { return name_of(what.param); });

}  // namespace
}  // namespace memo
