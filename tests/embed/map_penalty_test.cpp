// Penalties: what they are made of, how they are fitted, and what a lookup does with them.
#include "embed/map_penalty.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "embed/training/penalty_fit.h"
#include "embed/training/retrieval.h"
#include "memo/types.h"
#include "tests/support/torch_files.h"

namespace memo {
namespace {

TEST(MapPenalty, OverlapIsWithTheAverageCroppedAndScaled) {
  const std::vector<float> row{0.5f, 0.5f}, average{0.1f, 0.3f, 0.6f};
  EXPECT_FLOAT_EQ(overlap(row, average), 0.25f + 0.5f);
  EXPECT_FLOAT_EQ(overlap({average.data(), 3}, average), 1);
  EXPECT_EQ(overlap(row, std::vector<float>{0, 0, 1}), 0);
}

TEST(MapPenalty, PenaltiesOfTextsAreThoseOfEach) {
  const PenaltyFit fit{0.9f, -0.7f, 0.2f, 0.3f, 0.4f, 0.75f};
  const at::Tensor typicality = at::rand({50}), length = at::rand({50}), square = at::rand({50}) * 3;
  const at::Tensor all = penalties(fit, typicality, length, square);
  for (std::int64_t i = 0; i < 50; ++i)
    EXPECT_NEAR(all[i].item<float>(),
                fit.penalty(typicality[i].item<float>(), length[i].item<float>(), square[i].item<float>()), 1e-4);
  EXPECT_LT(fit.penalty(0.8f, 0.5f, 0.1f), fit.penalty(0.3f, 0.5f, 0.1f));  // the typical one stands in better
}

TEST(MapPenalty, PenaltiesStayInTheLimitsOfAStore) {
  const PenaltyFit steep{0, 1, 0, 0, 1e-3f, 4};
  EXPECT_EQ(steep.penalty(1, 0, 0), kMaxPenalty);
  EXPECT_EQ(steep.penalty(-1, 0, 0), kMinPenalty);  // off by less than nothing
  EXPECT_EQ(steep.penalty(INFINITY, 0, 0), kMaxPenalty);
  EXPECT_TRUE(is_penalty(steep.penalty(NAN, 0, 0)));
  const PenaltyFit none{0, 1, 0, 0, 1, 0};
  EXPECT_EQ(none.penalty(0.3f, 0, 0), 1);
}

TEST(MapPenalty, NumbersOutOfRangeAreRefused) {
  const PenaltyFit fit{0.9f, -0.7f, 0.2f, 0.3f, 0.4f, 0.75f};
  ASSERT_TRUE(PenaltyFit::of_tensor(fit.to_tensor()));
  EXPECT_TRUE(at::equal(to_torch(PenaltyFit::of_tensor(fit.to_tensor())->to_tensor()), to_torch(fit.to_tensor())));
  const std::vector<std::pair<int, float>> bad{{0, NAN}, {2, INFINITY}, {4, 0}, {4, -1}, {5, -0.1f}, {5, 5}};
  for (const auto& [place, value] : bad) {
    const Tensor numbers = fit.to_tensor();
    numbers.data_ptr<float>()[place] = value;
    EXPECT_FALSE(PenaltyFit::of_tensor(numbers)) << place << " " << value;
  }
}

TEST(MapPenalty, AverageMustBeOneOfTheRowsThatTheStrideSays) {
  const auto valid = [](const at::Tensor& average, std::uint32_t stride) {
    return MapPenalty{{}, from_torch(average), stride}.validate(9).is_ok();
  };
  const at::Tensor average = at::full({2, 3, 9}, 1.0f / 9);
  EXPECT_TRUE(valid(average, 3));
  EXPECT_TRUE(valid(average, 4));
  EXPECT_FALSE(valid(average, 2));
  EXPECT_FALSE(valid(average, 0));
  EXPECT_FALSE(valid(average * 1.1, 3));
  EXPECT_FALSE(valid(-average, 3));
  EXPECT_FALSE(valid(average / 0, 3));
  EXPECT_FALSE(valid(at::zeros({0, 3, 9}), 3));
}

TEST(Retrieval, PenaltiesOrderTheNearestSixtyFour) {
  const at::Tensor distances = at::arange(1, 101, at::kFloat).unsqueeze(0);
  at::Tensor similarity = at::arange(100, at::kFloat).unsqueeze(0) / 100;  // by number
  at::Tensor penalties = at::ones({100});
  penalties[20] = 0.01;
  penalties[63] = 0.001;  // the 64th
  penalties[64] = 0;      // is not looked at
  const auto found = [&](std::int64_t count) { return retrieve(distances, similarity, count, penalties); };
  EXPECT_TRUE(at::equal(found(3).distance, at::tensor({64.0f, 21.0f, 1.0f})));
  EXPECT_TRUE(at::equal(found(1).similarity, at::tensor({0.63f})));
  similarity[0][63] = -1;  // cannot stand in, so there is room for the next
  EXPECT_TRUE(at::equal(found(3).distance, at::tensor({65.0f, 21.0f, 1.0f})));
  EXPECT_EQ(found(100).distance.numel(), 64);
  EXPECT_TRUE(at::equal(retrieve(distances, similarity, 2).distance, at::tensor({1.0f, 2.0f})));
}

// Maps are places, of which the features tell the first four numbers; how far off a map is in the others, its
// typicality tells.
PenaltySamples off_places(std::int64_t texts, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const at::Tensor near = at::randn({texts, 4}, generator, at::kFloat) * 0.2;
  const at::Tensor off = at::rand({texts, 1}, generator, at::kFloat);
  const at::Tensor direction = at::randn({texts, 60}, generator, at::kFloat);
  const at::Tensor places = at::cat({near, 0.8 * off * direction / direction.norm(2, 1, true)}, 1);
  return {near, 1 - squared_distances(places, places) / 2, 1 - off.squeeze(1).pow(2), at::ones({texts})};
}

double found_in(const PenaltySamples& samples, const at::Tensor& penalties) {
  at::Tensor similarity = samples.similarity.clone();
  similarity.fill_diagonal_(-1);
  const at::Tensor distances = squared_distances(samples.features, samples.features).sqrt();
  return retrieve(distances, similarity, 1, penalties).similarity.mean().item<double>();
}

TEST(PenaltyFit, TypicalMapsAreFoundAmongNearOnesAlsoOfTextsNotSeen) {
  const PenaltyFit fit = fit_penalty(off_places(400, 1), off_places(200, 2));
  EXPECT_NEAR(fit.per_square, 1, 0.2);
  EXPECT_GT(fit.power, 0);
  const PenaltySamples unseen = off_places(300, 3);
  const at::Tensor of_unseen = penalties(fit, unseen.typicality, unseen.length, unseen.features.pow(2).sum(1));
  EXPECT_GT(found_in(unseen, of_unseen), found_in(unseen, {}) + 0.02);
}

TEST(PenaltyFit, WhereTypicalityTellsNothingThereAreNone) {
  PenaltySamples samples = off_places(200, 1);
  samples.typicality.zero_();
  samples.similarity = 1 - squared_distances(samples.features, samples.features) / 2;  // features tell all
  EXPECT_EQ(fit_penalty(samples, samples).power, 0);
}

}  // namespace
}  // namespace memo
