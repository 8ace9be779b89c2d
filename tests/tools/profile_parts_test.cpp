#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/tuning/measure/map_averages.h"
#include "model/tuning/measure/map_similarity.h"
#include "model/tuning/measure/quality.h"
#include "model/tuning/measure/text_path.h"
#include "model/tuning/measure/thresholds.h"
#include "model/tuning/result/budget.h"
#include "model/tuning/result/statistics.h"
#include "model/tuning/result/verdict.h"
#include "model/tuning/search/head_harm.h"
#include "model/tuning/search/largest_within.h"
#include "model/tuning/search/policy_search.h"
#include "model/tuning/training/map_observer.h"
#include "tests/support/random_bert.h"

namespace memo {
namespace {

TEST(ProfileStatistics, IntervalIsThatOfTheMean) {
  std::vector<double> values;
  for (int i = 0; i < 100; ++i) values.push_back(i % 2);
  const Interval interval = mean_interval(values);
  // Standard deviation of the mean: sqrt(25 / 99) / 10.
  EXPECT_DOUBLE_EQ(interval.mean, 0.5);
  EXPECT_NEAR(interval.high - interval.mean, 1.959964 * std::sqrt(25.0 / 99) / 10, 1e-9);
  EXPECT_NEAR(interval.mean - interval.low, interval.high - interval.mean, 1e-12);
  const double one[] = {3};
  EXPECT_EQ(mean_interval(one).low, 3);
}

TEST(ProfileQuality, PointsLostArePairedTextByText) {
  // Both err once, on different texts: no difference in the mean, but an interval around it.
  std::vector<bool> plain(50, true), memoized(50, true);
  plain[3] = false;
  memoized[7] = false;
  const Interval lost = points_lost(plain, memoized);
  EXPECT_NEAR(lost.mean, 0, 1e-12);
  EXPECT_NEAR(lost.high, 100 * 1.959964 * std::sqrt(2.0 / 49 / 50), 1e-9);
  memoized = plain;
  EXPECT_EQ(points_lost(plain, memoized).high, 0);
  EXPECT_NEAR(per_cent(plain), 98, 1e-12);
}

TEST(ProfileQuality, FidelityIsTheCosineAndItsLowTail) {
  const at::Tensor plain = at::eye(4).repeat({25, 1});
  at::Tensor memoized = plain.clone();
  memoized.narrow(0, 0, 10).zero_().select(1, 3).fill_(1);  // of these, two are right by chance
  const Fidelity found = fidelity(plain, memoized);
  EXPECT_NEAR(found.mean, 0.92, 1e-6);
  EXPECT_NEAR(found.p05, 0, 1e-6);
  EXPECT_NEAR(fidelity(plain, 3 * plain).mean, 1, 1e-6);
}

// What was tried, with a limit at `limit`.
std::vector<std::size_t> tries(std::size_t most, std::size_t step, std::size_t likely, std::size_t limit) {
  std::vector<std::size_t> tried;
  const auto found = largest_within(most, step, likely, [&](std::size_t value) -> Result<bool> {
    tried.push_back(value);
    return value <= limit;
  });
  EXPECT_TRUE(found);
  EXPECT_LE(*found, limit);
  EXPECT_LT(std::min(limit, most), *found + step);
  return tried;
}

TEST(LargestWithin, FindsTheLimitWhereverItStarts) {
  for (const std::size_t most : {1u, 2u, 6u, 12u, 25u})
    for (const std::size_t step : {1u, 2u, 4u})
      for (std::size_t likely = 0; likely <= most + 1; ++likely)
        for (std::size_t limit = 0; limit <= most; ++limit) {
          std::vector<std::size_t> tried = tries(most, step, likely, limit);
          std::ranges::sort(tried);
          EXPECT_TRUE(std::ranges::adjacent_find(tried) == tried.end()) << most << " " << step << " " << limit;
          EXPECT_GE(tried.front(), 1u);
          EXPECT_LE(tried.back(), most);
        }
}

TEST(LargestWithin, TriesTheLikelyFirstAndLittleElseWhereItIsRight) {
  EXPECT_EQ(tries(6, 1, 6, 6), (std::vector<std::size_t>{6}));
  EXPECT_EQ(tries(6, 1, 3, 3), (std::vector<std::size_t>{3, 4}));
  EXPECT_EQ(tries(6, 1, 6, 3), (std::vector<std::size_t>{6, 5, 3, 4}));
  EXPECT_EQ(tries(6, 1, 0, 0), (std::vector<std::size_t>{1}));
  EXPECT_EQ(tries(12, 2, 12, 12), (std::vector<std::size_t>{12}));
}

TEST(LargestWithin, FailureEndsIt) {
  const auto fails = [](std::size_t) -> Result<bool> { return Status(StatusCode::full, "no room"); };
  EXPECT_EQ(largest_within(6, 1, 6, fails).status().code(), StatusCode::full);
}

TEST(HeadHarm, LayersHarmFallsOnTheHeadsThatDifferMost) {
  const auto head = [](std::uint32_t layer, std::uint32_t index, double fixed) {
    return HeadSimilarity{layer, index, fixed, 0, 0, 0};
  };
  const double harm_of_layer[] = {0.3, 0.1};
  const std::vector<HeadHarm> harms =
      harm_of_heads({head(0, 0, 0.9), head(0, 1, 0.8), head(1, 0, 0.5), head(1, 1, 1)}, harm_of_layer);
  ASSERT_EQ(harms.size(), 4u);
  const double expected[] = {0, 0.1, 0.1, 0.2};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(harms[i].harm, expected[i], 1e-12) << i;
  EXPECT_EQ(harms[0].layer, 1u);
  EXPECT_EQ(harms[0].head, 1u);
  EXPECT_EQ(harms[3].layer, 0u);
  EXPECT_EQ(harms[3].head, 1u);
}

TEST(HeadHarm, LayersThatAreAveragesDoNoHarm) {
  const double harm_of_layer[] = {0.3};
  EXPECT_EQ(harm_of_heads({{0, 0, 1, 0, 0, 0}}, harm_of_layer).front().harm, 0);
}

TEST(ProfileTimes, SavingIsTheSameWhateverTheBatchesTake) {
  const ProfileText text;
  const std::vector<TextList> batches = batches_of(TextList(50, &text), 2);
  ASSERT_EQ(batches.size(), 25u);
  std::vector<double> plain, memoized;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    plain.push_back(1 + static_cast<double>(i));
    memoized.push_back(0.75 * plain.back());
  }
  const PairedTimes times = compare_times(batches, plain, memoized, 2);
  EXPECT_NEAR(times.saved.mean, 0.25, 1e-12);
  EXPECT_NEAR(times.saved.low, 0.25, 1e-12);
  EXPECT_NEAR(times.memoized_us, 0.75 * times.plain_us, 1e-6);
}

TEST(MapSimilarity, IsOneLessTheTotalVariation) {
  const at::Tensor a = at::eye(3).unsqueeze(0);
  EXPECT_NEAR(head_similarities(a, a)[0].item<double>(), 1, 1e-7);
  EXPECT_NEAR(head_similarities(a, a.flip(2))[0].item<double>(), 1.0 / 3, 1e-7);
  EXPECT_NEAR(head_similarities(a, at::full({1, 3, 3}, 1.0 / 3))[0].item<double>(), 1.0 / 3, 1e-6);
}

TEST(MapSimilarity, CroppedRowsSumToOneAgain) {
  const at::Tensor map = at::softmax(at::randn({2, 6, 6}), -1);
  const at::Tensor part = cropped(map, 4);
  EXPECT_EQ(part.sizes(), (at::IntArrayRef{2, 4, 4}));
  EXPECT_LT((part.sum(-1) - 1).abs().max().item<double>(), 1e-6);
  const double ratio = (map[1][2][0] / map[1][2][3]).item<double>();
  EXPECT_NEAR((part[1][2][0] / part[1][2][3]).item<double>(), ratio, 1e-4 * ratio);
}

// A layer whose neighbours are the less alike the farther they are.
ProbeResult probe_of(std::size_t texts, double lookup_us) {
  ProbeResult probe;
  probe.nearest.resize(1);
  for (std::size_t i = 0; i < texts; ++i) {
    const double place = static_cast<double>(i) / static_cast<double>(texts - 1);
    probe.nearest[0].push_back({i, i, static_cast<float>(place), {1 - 0.5 * place, 1 - 0.5 * place}});
  }
  probe.lookup_us = {lookup_us};
  return probe;
}

TEST(ProfileThresholds, HitRateAndSimilarityFollowTheNeighbours) {
  const std::vector<ThresholdPoint> points = threshold_points(probe_of(101, 5), 101, 100);
  ASSERT_FALSE(points.empty());
  EXPECT_NEAR(points.back().hit_rate, 1, 1e-9);
  EXPECT_NEAR(points.back().similarity, 0.75, 1e-6);
  EXPECT_NEAR(points.back().net_us(), 95, 1e-6);
  for (std::size_t i = 1; i < points.size(); ++i) {
    EXPECT_GT(points[i].max_distance, points[i - 1].max_distance);
    EXPECT_LT(points[i].similarity, points[i - 1].similarity);
  }
}

TEST(ProfileThresholds, WidestIsThatWhereHitsStillResembleAndPay) {
  const std::vector<ThresholdPoint> cheap = threshold_points(probe_of(101, 5), 101, 100);
  // Mean similarity of hits within d is 1 - d / 4: at least 0.9 up to d = 0.4; of the shares tried 0.3 is the last.
  EXPECT_NEAR(widest_paying_threshold(cheap, 0), 0.29, 0.02);
  EXPECT_EQ(widest_paying_threshold(threshold_points(probe_of(101, 200), 101, 100), 0), 0);
  EXPECT_EQ(widest_paying_threshold(cheap, 1), 0);
}

TEST(ProfileThresholds, TextsWithoutANeighbourAreNoHits) {
  ProbeResult probe = probe_of(101, 5);
  probe.nearest[0].resize(50);
  EXPECT_NEAR(threshold_points(probe, 101, 100).back().hit_rate, 50.0 / 101, 1e-9);
  probe.nearest[0].clear();
  EXPECT_TRUE(threshold_points(probe, 101, 100).empty());
}

TEST(ProfileSearch, BudgetIsOnAccuracyWithLabelsElseOnFidelity) {
  Candidate candidate;
  candidate.cosine = 0.97;
  candidate.lost = Interval{0.4, -0.2, 1.0};
  EXPECT_TRUE(in_budget(candidate, {true, 0.5, 0.99}));
  EXPECT_FALSE(in_budget(candidate, {true, 0.3, 0.9}));
  EXPECT_FALSE(in_budget(candidate, {false, 0.5, 0.99}));
  EXPECT_TRUE(in_budget(candidate, {false, 0.1, 0.95}));
}

TEST(ProfileSearch, BestWithinABudgetSavesMostAndSomething) {
  std::vector<Candidate> candidates(3);
  candidates[0].saved = 0.1;
  candidates[0].cosine = 0.995;
  candidates[1].saved = 0.2;
  candidates[1].cosine = 0.97;
  candidates[2].saved = kMinSaved;
  candidates[2].cosine = 0.999;
  EXPECT_EQ(best_within(candidates, {false, 0, 0.95}), &candidates[1]);
  EXPECT_EQ(best_within(candidates, {false, 0, 0.99}), &candidates[0]);
  EXPECT_EQ(best_within(candidates, {false, 0, 0.998}), nullptr);
  EXPECT_EQ(best_within({}, {false, 0, 0}), nullptr);
}

TEST(ProfileVerdict, SaysToComputeEverythingWhereNothingPays) {
  ProfileResult result;
  EXPECT_EQ(verdict(result).rfind("Compute everything", 0), 0u);
  result.pays = true;
  result.test.saved = {0.2, 0.19, 0.21};
  result.test.cosine = 0.9;
  EXPECT_NE(verdict(result).find("saves 20.0 %"), std::string::npos);
  EXPECT_NE(verdict(result).find("cosine to the plain embedding 0.900"), std::string::npos);
}

TEST(AverageMaps, EveryLayerHasTheAverageOfItsOwnMaps) {
  const Checkpoint bert = test::random_bert();
  const std::unique_ptr<Engine> engine = std::move(*Engine::make(bert, {DataType::f32, 1}));
  ProfileText one, other;
  for (std::int32_t id = 0; id < 12; ++id) one.tokens.push_back(7 * id + 1), other.tokens.push_back(5 * id + 2);
  const TextList texts{&one, &other};
  std::vector<at::Tensor> sums(static_cast<std::size_t>(bert.config.layers));
  MapObserver observer(bert.config, {0, 1, 2}, {{}, [&](std::size_t layer, std::size_t, const at::Tensor& map) {
                                                  sums[layer] = sums[layer].defined() ? sums[layer] + map : map;
                                                }});
  run_texts(*engine, &observer, texts, 2, {});
  const std::vector<at::Tensor> averages = average_maps(*engine, texts, 12, 2, {});
  ASSERT_EQ(averages.size(), sums.size());
  for (std::size_t layer = 0; layer < sums.size(); ++layer)
    EXPECT_TRUE(at::allclose(averages[layer], sums[layer] / 2, 1e-4, 1e-5)) << layer;
  EXPECT_FALSE(at::allclose(averages[0], averages[1], 1e-2, 1e-3));
}

}  // namespace
}  // namespace memo
