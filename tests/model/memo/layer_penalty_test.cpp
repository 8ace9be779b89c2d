#include "model/memo/selection/layer_penalty.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/torch_files.h"

namespace memo {
namespace {

constexpr std::int64_t kGateHeads = 4, kBucket = 40;
constexpr std::uint32_t kStride = 5;

// Says how typical a map is.
PenaltyFit plainly() {
  PenaltyFit fit;
  fit.per_typicality = 1;
  fit.power = 1;
  return fit;
}

MapPenalty penalty(PenaltyFit fit) {
  return {fit, from_torch(at::softmax(2 * at::randn({kGateHeads, kBucket / std::int64_t{kStride}, kBucket}), 2)),
          kStride};
}

double direct_typicality(const at::Tensor& map, const at::Tensor& average) {
  const std::int64_t length = map.size(1);
  const at::Tensor rows = map.index_select(1, at::arange(0, length, std::int64_t{kStride}));
  const at::Tensor cropped = average.narrow(1, 0, rows.size(1)).narrow(2, 0, length);
  return at::minimum(rows, cropped / cropped.sum(2, true)).sum(2).mean().item<double>();
}

class LayerPenaltyOfLengths : public testing::TestWithParam<std::tuple<std::uint32_t, MapEncoding>> {};

TEST_P(LayerPenaltyOfLengths, ComparesTheHeadsThatLookUpWithTheirAverage) {
  const auto [length, encoding] = GetParam();
  const MapPenalty given = penalty(plainly());
  const std::vector<HeadMode> modes{HeadMode::lookup, HeadMode::fixed, HeadMode::compute, HeadMode::lookup};
  const MapShape shape{2, length, encoding};
  const at::Tensor map = at::softmax(2 * at::randn({2, length, length}), 2).contiguous();
  std::vector<std::byte> payload(shape.payload_bytes());
  encode_map(map.data_ptr<float>(), std::size_t{length} * length, length, shape, payload);
  const at::Tensor average = to_torch(given.average).index_select(0, at::tensor({0, 3}, at::kLong));
  EXPECT_NEAR(LayerPenalty(given, modes).of(payload, shape, std::vector<float>(8)),
              direct_typicality(map, average), encoding == MapEncoding::u8 ? 5e-3 : 1e-3);
}

INSTANTIATE_TEST_SUITE_P(All, LayerPenaltyOfLengths,
                         testing::Combine(testing::Values(1u, 5u, 6u, 33u, 40u),
                                          testing::Values(MapEncoding::u8, MapEncoding::f16, MapEncoding::f32)));

TEST(LayerPenalty, LengthAndFeatureCountAsTheFitSays) {
  PenaltyFit fit;
  fit.per_length = 4;
  fit.per_square = 0.25f;
  fit.power = 1;
  const std::vector<HeadMode> modes(kGateHeads, HeadMode::lookup);
  const MapShape shape{kGateHeads, 20, MapEncoding::u8};
  const std::vector<std::byte> payload(shape.payload_bytes());
  EXPECT_FLOAT_EQ(LayerPenalty(penalty(fit), modes).of(payload, shape, std::vector<float>{1, -1}),
                  4 * 0.5f - 0.5f);
}

}  // namespace
}  // namespace memo
