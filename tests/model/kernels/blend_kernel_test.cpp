#include <gtest/gtest.h>

#include <deque>
#include <tuple>

#include "tests/model/kernels/map_product.h"

namespace memo {
namespace {

// Maps for one sequence, and what they weigh.
class RandomBlend {
 public:
  // Of the maps every third is whole, the others `cropped` and twice `cropped` tokens longer than the sequence.
  RandomBlend(const MapCase& what, std::uint32_t count, std::uint32_t cropped) {
    std::mt19937 random(count);
    double sum = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      MapCase of_map = what;
      of_map.stored_length = what.length + i % 3 * cropped;
      of_map.seed = i;
      cases_.push_back(of_map);
      maps_.emplace_back(of_map);
      weights.push_back(static_cast<float>(1 + random() % 8));
      sum += weights.back();
    }
    for (float& weight : weights) weight /= static_cast<float>(sum);
    for (std::uint32_t i = 0; i < count; ++i) point_at(cases_[i], maps_[i], &heads.emplace_back());
  }

  RandomMap& map(std::size_t i) { return maps_[i]; }

  // The definition: [length, length] in double.
  Matrix probabilities() {
    Matrix blended(cases_[0].length, cases_[0].length);
    for (std::size_t i = 0; i < maps_.size(); ++i) {
      const Matrix one = memo::probabilities(cases_[i], maps_[i]);
      for (std::size_t e = 0; e < blended.elements.size(); ++e)
        blended.elements[e] += double{weights[i]} * one.elements[e];
    }
    return blended;
  }

  std::vector<float> weights;
  std::vector<StoredHead> heads;

 private:
  std::vector<MapCase> cases_;
  std::deque<RandomMap> maps_;
};

template <typename Element>
class BlendRun : public ProductRun<Element, BlendHead> {
 public:
  BlendRun(const MapCase& what, const RandomBlend& blend, const Matrix& values)
      : ProductRun<Element, BlendHead>(what, values) {
    this->head.maps = blend.heads.data();
    this->head.weights = blend.weights.data();
    this->head.count = static_cast<std::uint32_t>(blend.heads.size());
  }
};

// bf16 rounds the blended row, and the context; nothing else is rounded to less than f32.
template <typename Element>
constexpr double kTolerance = sizeof(Element) == sizeof(float) ? 3e-6 : 1e-2;

template <typename Element>
void expect_blend(const MapCase& what, RandomBlend& blend, std::span<const RowRange> ranges) {
  std::mt19937 random(what.length + what.head_dim);
  const Matrix values = random_matrix<Element>(what.length, what.head_dim, random);
  const Matrix expected = blend.probabilities();
  for (const Kernels* variant : kernels_for<Element>())
    for (const RowRange& range : ranges) {
      SCOPED_TRACE(testing::Message() << variant->name << (sizeof(Element) == 4 ? " f32 " : " bf16 ")
                                      << description(what) << " maps " << blend.heads.size() << " rows "
                                      << range.first_row << " + " << range.rows);
      BlendRun<Element> sut(what, blend, values);
      sut.head.first_row = range.first_row;
      sut.head.rows = range.rows;
      sut.run(*variant);
      sut.expect_context(expected, values, kTolerance<Element>);
      if (testing::Test::HasFatalFailure()) return;
    }
}

void expect_blends(const MapCase& what, std::uint32_t count, std::uint32_t cropped,
                   std::span<const RowRange> ranges) {
  RandomBlend blend(what, count, cropped);
  expect_blend<float>(what, blend, ranges);
  expect_blend<Bf16>(what, blend, ranges);
}

class BlendKernel : public testing::TestWithParam<std::tuple<std::uint32_t, MapEncoding>> {
 protected:
  std::uint32_t length() const { return std::get<0>(GetParam()); }
  MapEncoding encoding() const { return std::get<1>(GetParam()); }
  std::vector<RowRange> ranges() const {
    return {{0, length()}, {length() - 1, 1}, {length() / 3, length() / 3 + 1}};
  }
};

TEST_P(BlendKernel, ContextIsTheWeightedSumOfMapsTimesValues) {
  const RowRange all[] = {{0, length()}};
  for (const std::uint32_t count : {1u, 2u, 4u, 7u, kMaxBlendedMaps})
    for (const std::uint32_t head_dim : {2, 24, 32, 64})
      expect_blends({length(), head_dim, encoding()}, count, 0, all);
}

TEST_P(BlendKernel, EveryCroppedMapIsRenormalizedByItself) {
  for (const std::uint32_t cropped : {1, 16, 29}) expect_blends({length(), 24, encoding()}, 5, cropped, ranges());
}

TEST_P(BlendKernel, CausalMapsKeepTheirScalesWholeOrCropped) {
  expect_blends({length(), 24, encoding(), true}, 3, 0, ranges());
  expect_blends({length(), 24, encoding(), true}, 4, 7, ranges());
}

// Whoever has nothing in a row gives nothing, and gets no share of what the others lack.
TEST_P(BlendKernel, AMapsRowOfNothingCountsAsZeros) {
  const MapCase what{length(), 16, encoding()};
  RandomBlend blend(what, 3, 0);
  for (const std::size_t i : {0, 2}) {
    std::memset(blend.map(i).row(length() / 2), 0, blend.map(i).stride);
    blend.map(i).scales[length() / 2] = blend.map(i).peaks[length() / 2] = 0;
  }
  const RowRange all[] = {{0, length()}};
  expect_blend<float>(what, blend, all);
  expect_blend<Bf16>(what, blend, all);
}

// What a pool holds behind the elements that count is not the blend's business.
TEST_P(BlendKernel, WhatIsCutOffIsIgnoredWhateverItIs) {
  const MapCase what{length(), 16, encoding()};
  RandomBlend blend(what, 3, 40);
  const Matrix expected = blend.probabilities();
  for (const std::size_t i : {1, 2})
    for (std::size_t row = 0; row < length(); ++row)
      std::memset(blend.map(i).row(row) + length() * bytes_of(encoding()), 0xff,
                  blend.map(i).stride - length() * bytes_of(encoding()));
  std::mt19937 random(3);
  const Matrix values = random_matrix<float>(length(), 16, random);
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    BlendRun<float> sut(what, blend, values);
    sut.run(*variant);
    sut.expect_context(expected, values, kTolerance<float>);
  }
}

INSTANTIATE_TEST_SUITE_P(Lengths, BlendKernel,
                         testing::Combine(testing::Values(1u, 2u, 5u, 8u, 15u, 31u, 64u, 127u, 130u, 257u),
                                          testing::Values(MapEncoding::u8, MapEncoding::f16, MapEncoding::f32)),
                         [](const auto& what) {
                           return std::to_string(std::get<0>(what.param)) + "_" + name_of(std::get<1>(what.param));
                         });

TEST(BlendKernelU8, APlaceOutsideOfTheSequenceIsIgnored) {
  const MapCase what{33, 16, MapEncoding::u8};
  RandomBlend blend(what, 2, 0);
  blend.map(1).places.assign(33, 65535);
  blend.map(1).peaks.assign(33, 0);
  const RowRange all[] = {{0, 33}};
  expect_blend<float>(what, blend, all);
}

// What one map gives alone, up to the rounding of values to s8.
TEST(BlendKernelU8, ABlendOfOneMapIsThatMap) {
  const MapCase what{127, 32, MapEncoding::u8, false, 140};
  RandomMap map(what);
  std::mt19937 random(5);
  const Matrix values = random_matrix<float>(127, 32, random);
  const float weight = 1;
  for (const Kernels* variant : supported_kernels()) {
    SCOPED_TRACE(variant->name);
    ProductRun<float, MapHead> single(what, values);
    point_at(what, map, &single.head);
    single.run(*variant);
    ProductRun<float, BlendHead> blend(what, values);
    StoredHead head;
    point_at(what, map, &head);
    blend.head.maps = &head;
    blend.head.weights = &weight;
    blend.head.count = 1;
    blend.run(*variant);
    for (std::size_t row = 0; row < 127; ++row)
      for (std::size_t d = 0; d < 32; ++d) ASSERT_NEAR(blend.context(row, d), single.context(row, d), 2e-2);
  }
}

}  // namespace
}  // namespace memo
