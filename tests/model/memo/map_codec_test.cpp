#include "model/maps/map_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <tuple>
#include <vector>

#include "tests/model/kernels/reference.h"

namespace memo {
namespace {

// Rows of positive numbers that sum to 1.
std::vector<float> random_map(MapShape shape, unsigned seed) {
  std::mt19937 random(seed);
  std::exponential_distribution<float> element(1);
  std::vector<float> map(std::size_t{shape.heads} * shape.length * shape.length);
  for (float& probability : map) probability = element(random);
  for (std::size_t row = 0; row < map.size(); row += shape.length) {
    const float sum = std::accumulate(map.begin() + row, map.begin() + row + shape.length, 0.0f);
    for (std::size_t i = row; i < row + shape.length; ++i) map[i] /= sum;
  }
  return map;
}

std::vector<std::byte> encoded(const std::vector<float>& map, MapShape shape) {
  std::vector<std::byte> payload(shape.payload_bytes(), std::byte{0xee});
  encode_map(map.data(), std::size_t{shape.length} * shape.length, shape.length, shape, payload);
  return payload;
}

// Of the same bytes, for the parts of a head.
std::span<std::byte> payload_of(const std::vector<std::byte>& payload) {
  return {const_cast<std::byte*>(payload.data()), payload.size()};
}

// [heads, length, length], without the padding
std::vector<float> stored_elements(const std::vector<std::byte>& payload, MapShape shape) {
  std::vector<float> elements;
  for (std::size_t row = 0; row < std::size_t{shape.heads} * shape.length; ++row)
    for (std::size_t i = 0; i < shape.length; ++i)
      elements.push_back(static_cast<float>(
          stored_element(payload.data() + shape.head_offset(0) + row * shape.row_bytes(), shape.encoding, i)));
  return elements;
}

const auto kEncodings = testing::Values(MapEncoding::u8, MapEncoding::f16, MapEncoding::f32);

// Between a row's element and what is stored of it, where the row's largest is 1 (u8: an upper bound, whatever the second
// largest is).
double step_of(MapEncoding encoding) {
  return encoding == MapEncoding::u8 ? 0.5 / 255 : encoding == MapEncoding::f16 ? 0x1p-12 : 1e-7;
}

class MapCodec : public testing::TestWithParam<std::tuple<std::uint32_t, MapEncoding>> {
 protected:
  MapShape shape(std::uint32_t heads) const { return {heads, std::get<0>(GetParam()), std::get<1>(GetParam())}; }
};

TEST_P(MapCodec, DecodedRowsSumToOneAndLieWithinOneStep) {
  const MapShape shape = this->shape(3);
  const std::vector<float> map = random_map(shape, shape.length);
  std::vector<float> decoded(map.size());
  decode_map(encoded(map, shape), shape, decoded);
  for (std::size_t row = 0; row < map.size(); row += shape.length) {
    const auto first = decoded.begin() + row;
    EXPECT_NEAR(std::accumulate(first, first + shape.length, 0.0), 1, 1e-5);
    const float largest = *std::max_element(map.begin() + row, map.begin() + row + shape.length);
    // A step of its own, and what the steps of all elements make of the sum.
    const double step = largest * step_of(shape.encoding);
    for (std::size_t i = row; i < row + shape.length; ++i)
      EXPECT_NEAR(decoded[i], map[i], step + map[i] * step * shape.length + 1e-7);
  }
}

TEST_P(MapCodec, LargestElementOfARowIsStoredWhole) {
  const MapShape shape = this->shape(2);
  const std::vector<float> map = random_map(shape, 9);
  const std::vector<std::byte> payload = encoded(map, shape);
  const std::vector<float> elements = stored_elements(payload, shape);
  for (std::size_t row = 0; row < shape.rows(); ++row) {
    const auto first = elements.begin() + static_cast<std::ptrdiff_t>(row * shape.length);
    const float most = *std::max_element(first, first + shape.length);
    if (shape.encoding != MapEncoding::u8) {
      EXPECT_EQ(most, 1);
      continue;
    }
    // Apart from the bytes, of which the largest is the second largest element.
    const auto begin = map.begin() + static_cast<std::ptrdiff_t>(row * shape.length);
    const auto largest = std::max_element(begin, begin + shape.length) - begin;
    EXPECT_EQ(most, shape.length > 1 ? 255 : 0);
    const KeptMap numbers = kept_head(payload_of(payload), shape, 0);
    EXPECT_EQ(numbers.places[row], largest);
    EXPECT_EQ(*(first + largest), 0);
    EXPECT_NEAR(numbers.peaks[row], begin[largest], 0.5 * begin[largest]);
  }
}

TEST_P(MapCodec, WeightsMakeARowSumToOne) {
  const MapShape shape = this->shape(2);
  const std::vector<std::byte> payload = encoded(random_map(shape, 8), shape);
  const std::vector<float> elements = stored_elements(payload, shape);
  const KeptMap numbers = kept_head(payload_of(payload), shape, 0);
  for (std::size_t row = 0; row < shape.rows(); ++row) {
    const auto first = elements.begin() + static_cast<std::ptrdiff_t>(row * shape.length);
    const double bytes = numbers.scales[row] * std::accumulate(first, first + shape.length, 0.0);
    EXPECT_NEAR(bytes + (numbers.peaks != nullptr ? numbers.peaks[row] : 0), 1, 1e-6);
  }
}

TEST_P(MapCodec, PaddingIsZero) {
  const MapShape shape = this->shape(2);
  const std::vector<std::byte> payload = encoded(random_map(shape, 1), shape);
  for (std::size_t i = shape.used_prefix_bytes(); i < shape.prefix_bytes(); ++i)
    EXPECT_EQ(payload[i], std::byte{0});
  for (std::size_t row = 0; row < std::size_t{shape.heads} * shape.length; ++row)
    for (std::size_t i = shape.length * bytes_of(shape.encoding); i < shape.row_bytes(); ++i)
      EXPECT_EQ(payload[shape.prefix_bytes() + row * shape.row_bytes() + i], std::byte{0});
}

INSTANTIATE_TEST_SUITE_P(Lengths, MapCodec,
                         testing::Combine(testing::Values(1, 2, 15, 16, 17, 48, 127, 128), kEncodings));

class MapCodecEncoding : public testing::TestWithParam<MapEncoding> {};

TEST_P(MapCodecEncoding, OnlyTheCornerOfAPaddedMapIsRead) {
  const MapShape padded{2, 24, GetParam()};
  const MapShape corner{2, 9, GetParam()};
  std::vector<float> map = random_map(padded, 5);
  std::vector<float> expected;
  for (std::size_t head = 0; head < 2; ++head)
    for (std::size_t row = 0; row < 9; ++row)
      for (std::size_t i = 0; i < 9; ++i) expected.push_back(map[(head * 24 + row) * 24 + i]);
  std::vector<std::byte> payload(corner.payload_bytes());
  encode_map(map.data(), 24 * 24, 24, corner, payload);
  EXPECT_EQ(payload, encoded(expected, corner));
}

TEST_P(MapCodecEncoding, UnusableNumbersDecodeToFiniteRows) {
  const MapShape shape{1, 20, GetParam()};
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> map(400, 0.05f);
  const float bad[] = {0, nan, infinity, -infinity, -1, std::numeric_limits<float>::denorm_min()};
  for (std::size_t row = 0; row < std::size(bad); ++row)
    std::fill_n(map.begin() + static_cast<std::ptrdiff_t>(row) * 20, 20, bad[row]);
  map[150] = nan;  // in rows that are fine otherwise
  map[170] = -1;
  map[180] = nan;  // the first of its row
  std::vector<float> decoded(400);
  decode_map(encoded(map, shape), shape, decoded);
  for (std::size_t i = 0; i < 120; ++i) EXPECT_EQ(decoded[i], 0) << i;
  for (std::size_t i = 120; i < 400; ++i) EXPECT_TRUE(std::isfinite(decoded[i])) << i;
  EXPECT_EQ(decoded[150], 0);
  EXPECT_EQ(decoded[170], 0);
  EXPECT_NEAR(decoded[151], 1.0 / 19, 1e-6);
  EXPECT_EQ(decoded[180], 0);
  EXPECT_NEAR(decoded[181], 1.0 / 19, 1e-6);
}

TEST_P(MapCodecEncoding, SizeIsCheckedAgainstTheShape) {
  const MapShape shape{2, 17, GetParam()};
  std::vector<std::byte> payload(shape.payload_bytes());
  EXPECT_TRUE(is_map_payload(payload, shape));
  EXPECT_FALSE(is_map_payload(std::span(payload).first(payload.size() - 1), shape));
  EXPECT_FALSE(is_map_payload(payload, {0, 17}));
  EXPECT_FALSE(is_map_payload(payload, {2, 0}));
}

INSTANTIATE_TEST_SUITE_P(All, MapCodecEncoding, kEncodings);

TEST(MapCodecU8, BytesAreThoseOfTheFormat) {
  const MapShape shape{1, 3};
  const std::vector<float> map = {0.5f, 0.25f, 0.25f, 0, 1, 0, 0.2f, 0.4f, 0.4f};
  const std::vector<std::byte> payload = encoded(map, shape);
  const int bytes[3][3] = {{0, 255, 255}, {0, 0, 0}, {128, 0, 255}};
  const float scales[3] = {0.5f / 510, 0, 0.6f / 383};
  const float peaks[3] = {0.5f, 1, 0.4f};
  const std::uint16_t places[3] = {0, 1, 1};
  ASSERT_EQ(payload.size(), 64u + 3 * 16);
  for (std::size_t row = 0; row < 3; ++row) {
    float scale = 0, peak = 0;
    std::uint16_t place = 0;
    std::memcpy(&scale, payload.data() + row * 4, 4);
    std::memcpy(&peak, payload.data() + 12 + row * 4, 4);
    std::memcpy(&place, payload.data() + 24 + row * 2, 2);
    EXPECT_NEAR(scale, scales[row], 3e-6);
    EXPECT_NEAR(peak, peaks[row], 1e-3);
    EXPECT_EQ(place, places[row]);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(static_cast<int>(payload[64 + row * 16 + i]), bytes[row][i]);
  }
}

// What rounding drops of a long tail is not lost: it is spread evenly.
TEST(MapCodecU8, WhatARowLacksIsSpreadOverIt) {
  const MapShape shape{1, 4};
  std::vector<std::byte> payload = encoded(std::vector<float>(16, 0.25f), shape);
  const KeptMap numbers = kept_head(payload, shape, 0);
  numbers.peaks[0] = 0.5f;
  numbers.scales[0] = 0.1f / (3 * 255);  // 0.6 together
  std::vector<float> decoded(16);
  decode_map(payload, shape, decoded);
  EXPECT_NEAR(decoded[0], 0.6, 1e-6);
  for (const std::size_t i : {1, 2, 3}) EXPECT_NEAR(decoded[i], 0.1 / 3 + 0.1, 1e-6);
}

TEST(MapCodecF16, ElementsAreRoundedToTheNearestAndTiesToEven) {
  // A row's largest element is 1, so that the others are stored as they are.
  const std::vector<std::pair<double, std::uint16_t>> numbers = {{1, 0x3c00},
                                                                 {0.5, 0x3800},
                                                                 {0.75, 0x3a00},
                                                                 {0.5 + 0x1p-12, 0x3800},
                                                                 {0.5 + 0x3p-12, 0x3802},
                                                                 {0.5 + 0x1.1p-12, 0x3801},
                                                                 {0x1p-14, 0x0400},
                                                                 {0x1p-24, 0x0001},
                                                                 {0x1p-25, 0x0000},
                                                                 {0x3p-25, 0x0002},
                                                                 {0x1.1p-25, 0x0001},
                                                                 {0x3ffp-24, 0x03ff},
                                                                 {0x7ffp-25, 0x0400},
                                                                 {1 - 0x1p-11, 0x3bff},
                                                                 {1 - 0x1p-12, 0x3c00},
                                                                 {0, 0}};
  const MapShape shape{1, 16, MapEncoding::f16};
  std::vector<float> map;
  for (std::size_t row = 0; row < 16; ++row)
    for (const auto& [number, bits] : numbers) map.push_back(static_cast<float>(number));
  const std::vector<std::byte> payload = encoded(map, shape);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, payload.data() + shape.head_offset(0) + i * sizeof(half), sizeof(half));
    EXPECT_EQ(half, numbers[i].second) << numbers[i].first;
  }
}

TEST(MapCodecF16, EveryElementDecodesToItsValue) {
  const MapShape shape{1, 124, MapEncoding::f16};  // 124^2 elements: all from 0 to 0x3bff, and then 1
  std::vector<std::byte> payload(shape.payload_bytes());
  const auto bits_of = [](std::size_t place) {
    return static_cast<std::uint16_t>(std::min<std::size_t>(place, 0x3c00));
  };
  for (std::size_t row = 0; row < shape.length; ++row) {
    constexpr float kOne = 1;
    std::memcpy(payload.data() + row * sizeof(float), &kOne, sizeof(kOne));
    for (std::size_t i = 0; i < shape.length; ++i) {
      const std::uint16_t half = bits_of(row * shape.length + i);
      std::memcpy(payload.data() + shape.head_offset(0) + row * shape.row_bytes() + i * sizeof(half), &half,
                  sizeof(half));
    }
  }
  std::vector<float> decoded(std::size_t{shape.length} * shape.length);
  decode_map(payload, shape, decoded);
  for (std::size_t i = 0; i < decoded.size(); ++i) ASSERT_EQ(decoded[i], value_of_f16(bits_of(i))) << i;
}

}  // namespace
}  // namespace memo
