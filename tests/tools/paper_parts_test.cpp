// What memo-bench paper is made of: predictions, thresholds, costs, options.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tools/memo-bench/paper/experiments/cost_experiment.h"
#include "tools/memo-bench/paper/experiments/threshold_figures.h"
#include "tools/memo-bench/paper/ground/map_pool.h"
#include "tools/memo-bench/paper/ground/paper_bench.h"
#include "tools/memo-bench/paper/ground/predicted_similarity.h"
#include "tools/memo-bench/paper/ground/thresholds.h"

namespace memo {
namespace {

TEST(PredictedSimilarity, FallsWithTheDistanceWhateverTheSamplesDo) {
  const PredictedSimilarity sut({{0.4f, 0.5}, {0.1f, 0.9}, {0.3f, 0.8}, {0.2f, 0.6}});
  EXPECT_NEAR(sut.at(0.05f), 0.9, 1e-9);
  EXPECT_NEAR(sut.at(0.2f), 0.7, 1e-9);  // 0.6 and 0.8 would rise
  EXPECT_NEAR(sut.at(0.3f), 0.7, 1e-9);
  EXPECT_NEAR(sut.at(9), 0.5, 1e-9);
}

TEST(PredictedSimilarity, DistanceIsTheFarthestThatPromisesEnough) {
  const PredictedSimilarity sut({{0.1f, 0.9}, {0.2f, 0.7}, {0.3f, 0.7}, {0.4f, 0.5}});
  EXPECT_EQ(sut.distance_for(0.95), 0);
  EXPECT_EQ(sut.distance_for(0.9), 0.1f);
  EXPECT_EQ(sut.distance_for(0.6), 0.3f);
  EXPECT_EQ(sut.distance_for(0.1), 0.4f);
}

TEST(PredictedSimilarity, EqualDistancesPromiseTheSame) {
  const PredictedSimilarity sut({{0, 1}, {0, 0.6}, {0.1f, 0.5}});
  EXPECT_NEAR(sut.at(0), 0.8, 1e-9);
  EXPECT_EQ(sut.distance_for(0.9), 0);
}

TEST(PredictedSimilarity, NothingIsPromisedWithoutSamples) {
  const PredictedSimilarity sut({});
  EXPECT_EQ(sut.at(1), 0);
  EXPECT_EQ(sut.distance_for(0.5), 0);
}

// Two layers; in the second, neighbours are twice as far for the same similarity.
ProbeResult two_layers() {
  ProbeResult probe;
  probe.nearest.resize(2);
  for (std::size_t i = 0; i < 10; ++i) {
    const double similarity = 1 - 0.05 * static_cast<double>(i);
    const float distance = 0.1f * static_cast<float>(i);
    probe.nearest[0].push_back({i, 0, distance, {similarity, similarity}});
    probe.nearest[1].push_back({i, 0, 2 * distance, {similarity - 0.02, similarity + 0.02}});
  }
  return probe;
}

TEST(PaperThresholds, SimilarityBecomesADistanceOfEachLayer) {
  PaperBench options;
  options.similarities = {0.8};
  options.distances = {0.5f};
  const auto thresholds = paper_thresholds(options, predict_similarity(two_layers()));
  ASSERT_EQ(thresholds.size(), 4u);
  EXPECT_EQ(thresholds[0].max_distance, (std::vector<float>{0, 0}));
  EXPECT_EQ(thresholds[0].predicted_similarity, 1);
  EXPECT_NEAR(thresholds[1].max_distance[0], 0.4, 1e-6);
  EXPECT_NEAR(thresholds[1].max_distance[1], 0.8, 1e-6);
  EXPECT_NEAR(thresholds[1].predicted_similarity, 0.8, 1e-6);
  EXPECT_EQ(thresholds[1].similarity, 0.8);
  EXPECT_EQ(thresholds[2].max_distance, (std::vector<float>{0.5f, 0.5f}));
  EXPECT_FALSE(thresholds[2].similarity);
  EXPECT_GT(thresholds[3].max_distance[0], 1e6f);
}

TEST(PaperThresholds, RateCountsTextsThatFoundNothingToo) {
  const WithinThreshold found = within(two_layers(), 20, {0.11f, 0.21f});
  EXPECT_NEAR(found.rate, 4.0 / 40, 1e-9);
  EXPECT_NEAR(found.similarity, 0.975, 1e-9);
  EXPECT_EQ(within(two_layers(), 20, {-1, -1}).similarity, 0);
}

TEST(ThresholdFigures, RateIsOfAllMapsAndOfEachLayer) {
  std::vector<LayerCounters> counters(2);
  counters[0].exact_hits = 10;
  counters[0].similar_hits = 20;
  counters[0].computed = 70;
  counters[1].exact_hits = 10;
  counters[1].computed = 90;
  const auto figures = rate_figures(counters);
  EXPECT_EQ(figures.at("rate"), 0.2);
  EXPECT_EQ(figures.at("rate_by_key"), 0.1);
  EXPECT_EQ(figures.at("rate_by_layer")[0], 0.3);
  EXPECT_EQ(figures.at("rate_by_layer")[1], 0.1);
}

TEST(CostFigures, PartsAddUpToTheWhole) {
  RunnerTimes times;
  times.total = 1;
  times.tokenize = 0.01;
  times.parts = {.embed = 0.02, .search = 0.03, .read = 0.2, .compute = 0.1, .publish = 0.04};
  const auto figures = cost_figures(times, 100, 0.001, 0.5);
  double sum = 0;
  for (const auto& [key, value] : figures.items())
    if (key != "total_us" && key != "hit_share") sum += value.get<double>();
  EXPECT_NEAR(sum, figures.at("total_us").get<double>(), 1e-6);
  EXPECT_NEAR(figures.at("values_us").get<double>(), 500, 1e-6);  // half of the maps were read
  EXPECT_NEAR(figures.at("maps_us").get<double>(), 1500, 1e-6);
}

TEST(CostFigures, ValuesAreNeverMoreThanWhatWasRead) {
  RunnerTimes times;
  times.total = 1;
  times.parts.read = 0.01;
  EXPECT_EQ(cost_figures(times, 1, 1, 1).at("maps_us"), 0);
}

TEST(MapPool, RoomGrowsWithTextsAndHoldsTheirMaps) {
  ModelConfig config;
  config.layers = 6;
  config.heads = 12;
  const MapShape shape{12, 128, MapEncoding::u8};
  const std::uint64_t one = map_pool_bytes(config, 128, 1);
  EXPECT_GT(map_pool_bytes(config, 128, 1001) - one, 6000 * shape.payload_bytes());
}

class PaperOptions : public testing::Test {
 protected:
  PaperOptions() {
    options_.model = "model";
    options_.source.path = "texts.jsonl";
    options_.folder = "/tmp";
  }
  std::string refusal() const {
    const Status valid = options_.validate();
    return valid ? "" : valid.message();
  }
  PaperBench options_;
};

TEST_F(PaperOptions, DefaultsAreValid) {
  EXPECT_EQ(refusal(), "");
}

TEST_F(PaperOptions, RefusalsNameTheOptionAndTheValue) {
  const auto refused = [&](auto PaperBench::*field, auto value, const std::string& message) {
    const auto before = options_.*field;
    options_.*field = value;
    EXPECT_NE(refusal().find(message), std::string::npos) << refusal();
    options_.*field = before;
  };
  using Names = std::vector<std::string>;
  using Numbers = std::vector<std::uint32_t>;
  refused(&PaperBench::experiments, Names{"treshold"}, "--experiments has \"treshold\"");
  refused(&PaperBench::experiments, Names{}, "--experiments is empty");
  refused(&PaperBench::families, Names{"t5"}, "--families has \"t5\"");
  refused(&PaperBench::dtypes, Names{"f64"}, "--dtypes has \"f64\"");
  refused(&PaperBench::lengths, Numbers{1}, "--lengths has 1");
  refused(&PaperBench::lengths, Numbers{}, "--lengths and --dtypes need a value");
  refused(&PaperBench::sizes, Numbers{200, 100}, "--sizes must ascend");
  refused(&PaperBench::sizes, Numbers{0, 100}, "--sizes has 0");
  refused(&PaperBench::distances, std::vector<float>{0, 0.1f}, "--distances has 0");
  refused(&PaperBench::distances, std::vector<float>{0.2f, 0.1f}, "--distances must ascend");
  refused(&PaperBench::similarities, std::vector<double>{1.5}, "--similarities has 1.5");
  refused(&PaperBench::similarities, std::vector<double>{0.7, 0.9}, "--similarities must descend");
  refused(&PaperBench::folder, std::string("/no/such"), "--folder");
  refused(&PaperBench::model, std::string(), "--model is missing");
}

TEST_F(PaperOptions, LatencyAloneNeedsNoModel) {
  options_.model = options_.source.path = "";
  options_.experiments = {"latency"};
  EXPECT_EQ(refusal(), "");
}

}  // namespace
}  // namespace memo
