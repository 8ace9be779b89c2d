#include "model/memo/map_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

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

class MapCodec : public testing::TestWithParam<std::uint32_t> {};

TEST_P(MapCodec, DecodedRowsSumToOneAndLieWithinOneStep) {
  const MapShape shape{3, GetParam()};
  const std::vector<float> map = random_map(shape, GetParam());
  std::vector<float> decoded(map.size());
  decode_map(encoded(map, shape), shape, decoded);
  for (std::size_t row = 0; row < map.size(); row += shape.length) {
    const auto first = decoded.begin() + row;
    EXPECT_NEAR(std::accumulate(first, first + shape.length, 0.0), 1, 1e-5);
    const float largest = *std::max_element(map.begin() + row, map.begin() + row + shape.length);
    for (std::size_t i = row; i < row + shape.length; ++i) EXPECT_NEAR(decoded[i], map[i], largest / 64);
  }
}

TEST_P(MapCodec, PaddingIsZero) {
  const MapShape shape{2, GetParam()};
  const std::vector<std::byte> payload = encoded(random_map(shape, 1), shape);
  for (std::size_t i = std::size_t{4} * shape.heads * shape.length; i < shape.scales_bytes(); ++i)
    EXPECT_EQ(payload[i], std::byte{0});
  for (std::size_t row = 0; row < std::size_t{shape.heads} * shape.length; ++row)
    for (std::size_t i = shape.length; i < shape.stride(); ++i)
      EXPECT_EQ(payload[shape.scales_bytes() + row * shape.stride() + i], std::byte{0});
}

INSTANTIATE_TEST_SUITE_P(Lengths, MapCodec, testing::Values(1, 2, 15, 16, 17, 48, 127, 128));

TEST(MapCodecStrides, OnlyTheCornerOfAPaddedMapIsRead) {
  const MapShape padded{2, 24};
  const MapShape corner{2, 9};
  std::vector<float> map = random_map(padded, 5);
  std::vector<float> expected;
  for (std::size_t head = 0; head < 2; ++head)
    for (std::size_t row = 0; row < 9; ++row)
      for (std::size_t i = 0; i < 9; ++i) expected.push_back(map[(head * 24 + row) * 24 + i]);
  std::vector<std::byte> payload(corner.payload_bytes());
  encode_map(map.data(), 24 * 24, 24, corner, payload);
  EXPECT_EQ(payload, encoded(expected, corner));
}

TEST(MapCodecBadRows, UnusableNumbersDecodeToFiniteRows) {
  const MapShape shape{1, 20};
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> map(400, 0.05f);
  const float bad[] = {0, nan, infinity, -infinity, -1, std::numeric_limits<float>::denorm_min()};
  for (std::size_t row = 0; row < std::size(bad); ++row)
    std::fill_n(map.begin() + static_cast<std::ptrdiff_t>(row) * 20, 20, bad[row]);
  map[150] = nan;  // in rows that are fine otherwise
  map[170] = -1;
  std::vector<float> decoded(400);
  decode_map(encoded(map, shape), shape, decoded);
  for (std::size_t i = 0; i < 120; ++i) EXPECT_EQ(decoded[i], 0) << i;
  for (std::size_t i = 120; i < 400; ++i) EXPECT_TRUE(std::isfinite(decoded[i])) << i;
  EXPECT_EQ(decoded[150], 0);
  EXPECT_EQ(decoded[170], 0);
  EXPECT_NEAR(decoded[151], 1.0 / 19, 1e-6);
}

TEST(MapCodecPayload, SizeIsCheckedAgainstTheShape) {
  const MapShape shape{2, 17};
  std::vector<std::byte> payload(shape.payload_bytes());
  EXPECT_TRUE(is_map_payload(payload, shape));
  EXPECT_FALSE(is_map_payload(std::span(payload).first(payload.size() - 1), shape));
  EXPECT_FALSE(is_map_payload(payload, {0, 17}));
  EXPECT_FALSE(is_map_payload(payload, {2, 0}));
}

}  // namespace
}  // namespace memo
