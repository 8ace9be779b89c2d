// What figures are made of: random numbers, times, payloads, features.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"
#include "tools/memo-bench/common/line_chart.h"
#include "tools/memo-bench/store/recall.h"
#include "tools/memo-bench/store/report/summary.h"
#include "tools/memo-bench/store/workload/corpus.h"
#include "tools/memo-bench/store/workload/histogram.h"
#include "tools/memo-bench/store/workload/traffic.h"
#include "tools/memo-bench/store/workload/zipf.h"

namespace memo {
namespace {

class ZipfDistribution : public testing::TestWithParam<double> {};

// Pearson's chi-squared of 200,000 draws over 50 ranks against the definition: beyond 110 once in 10^6 fair generators.
TEST_P(ZipfDistribution, IsThatOfItsDefinition) {
  constexpr std::uint64_t kRanks = 50, kDraws = 200'000;
  const Zipf sut(kRanks, GetParam());
  SplitMix random(7);
  std::vector<double> counts(kRanks);
  for (std::uint64_t draw = 0; draw < kDraws; ++draw) {
    const std::uint64_t rank = sut(random);
    ASSERT_LT(rank, kRanks);
    ++counts[rank];
  }
  std::vector<double> weights(kRanks);
  for (std::uint64_t rank = 0; rank < kRanks; ++rank) weights[rank] = std::pow(rank + 1.0, -GetParam());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  double chi_squared = 0;
  for (std::uint64_t rank = 0; rank < kRanks; ++rank) {
    const double expected = kDraws * weights[rank] / sum;
    chi_squared += (counts[rank] - expected) * (counts[rank] - expected) / expected;
  }
  EXPECT_LT(chi_squared, 110);
}
INSTANTIATE_TEST_SUITE_P(Skews, ZipfDistribution, testing::Values(0.0, 0.5, 0.99, 1.0, 1.5));

TEST(ZipfDistribution, OneRankIsAlwaysTheFirst) {
  SplitMix random(1);
  const Zipf sut(1, 0.9);
  for (int draw = 0; draw < 100; ++draw) EXPECT_EQ(sut(random), 0u);
}

TEST(LatencyHistogram, PercentilesAreThoseOfTheSortedTimesToWithinAPercent) {
  SplitMix random(3);
  std::vector<double> times;
  LatencyHistogram sut;
  for (int i = 0; i < 20'000; ++i) {
    const auto nanoseconds = static_cast<std::uint64_t>(std::exp(3 + 15 * random.uniform()));
    times.push_back(static_cast<double>(nanoseconds) / 1e3);
    sut.add(nanoseconds);
  }
  std::sort(times.begin(), times.end());
  for (const double share : {0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const double exact = times[static_cast<std::size_t>(std::ceil(share * 20'000)) - 1];
    EXPECT_NEAR(sut.percentile_us(share), exact, 0.01 * exact) << share;
  }
  EXPECT_EQ(sut.max_us(), times.back());
}

TEST(LatencyHistogram, SmallTimesAreExact) {
  LatencyHistogram sut;
  for (std::uint64_t nanoseconds = 1; nanoseconds <= 100; ++nanoseconds) sut.add(nanoseconds);
  EXPECT_EQ(sut.percentile_us(0.5), 0.050);
  EXPECT_EQ(sut.percentile_us(0.99), 0.099);
  EXPECT_EQ(sut.percentile_us(1), 0.100);
}

TEST(LatencyHistogram, NoTimesHavePercentilesOfZero) {
  EXPECT_EQ(LatencyHistogram().percentile_us(0.5), 0);
}

TEST(LatencyHistogram, TimesBeyondItsRangeCountAsTheLongest) {
  LatencyHistogram sut;
  sut.add(~std::uint64_t{0});
  EXPECT_EQ(sut.count(), 1u);
  EXPECT_GT(sut.percentile_us(1), 1e9);
}

TEST(LatencyHistogram, MergedAndSentOnesAreTheSame) {
  LatencyHistogram left, right, all;
  for (std::uint64_t nanoseconds = 1; nanoseconds < 1'000'000; nanoseconds = nanoseconds * 3 / 2 + 1) {
    (nanoseconds % 2 == 0 ? left : right).add(nanoseconds);
    all.add(nanoseconds);
  }
  left.merge(LatencyHistogram::from_json(right.to_json()));
  EXPECT_EQ(left.to_json(), all.to_json());
  EXPECT_EQ(left.summary(), all.summary());
}

TEST(LatencyHistogram, MalformedJsonThrows) {
  EXPECT_ANY_THROW(
      LatencyHistogram::from_json(nlohmann::ordered_json::parse(R"({"max": 1, "buckets": [[999999, 1]]})")));
  EXPECT_ANY_THROW(LatencyHistogram::from_json(nlohmann::ordered_json::parse(R"({"max": 1})")));
}

TEST(Payload, IsKnownFromItsKeyAndEveryByteCounts) {
  for (const std::size_t bytes : {8, 16, 128, 136, 4096, 65536 + 8}) {
    std::vector<std::byte> payload(bytes);
    fill_payload(key_of(5), payload);
    EXPECT_TRUE(is_payload_of(key_of(5), payload)) << bytes;
    EXPECT_FALSE(is_payload_of(key_of(6), payload)) << bytes;
    for (const std::size_t flipped : {std::size_t{0}, bytes / 2, bytes - 1}) {
      payload[flipped] ^= std::byte{1};
      EXPECT_FALSE(is_payload_of(key_of(5), payload)) << bytes << " " << flipped;
      payload[flipped] ^= std::byte{1};
    }
  }
}

std::vector<float> feature_of(const Corpus& corpus, std::uint64_t number) {
  std::vector<float> feature(corpus.dimension());
  corpus.feature(number, feature);
  return feature;
}

TEST(Corpus, FeaturesFollowFromTheirNumber) {
  EXPECT_EQ(feature_of(Corpus(64), 12), feature_of(Corpus(64), 12));
  EXPECT_NE(feature_of(Corpus(64), 12), feature_of(Corpus(64), 13));
}

// Hits are hits and misses misses, so that a workload's hit ratio is what it says.
TEST(Corpus, SimilarInputsLieWithinTheDistanceAndStrangersBeyondIt) {
  constexpr std::uint64_t kMemos = 3000;
  for (const std::uint32_t dimension : {32, 128, 256}) {
    const Corpus sut(dimension);
    std::vector<std::vector<float>> stored;
    for (std::uint64_t number = 0; number < kMemos; ++number) stored.push_back(feature_of(sut, number));
    std::vector<float> query(dimension);
    for (std::uint64_t salt = 0; salt < 300; ++salt) {
      sut.feature_near(salt * 7, salt, query);
      EXPECT_LE(std::sqrt(squared_distance(query, stored[salt * 7])), Corpus::kMaxDistance) << dimension;
      sut.feature_of_stranger(mix_bits(salt), query);
      for (const auto& feature : stored)
        EXPECT_GT(std::sqrt(squared_distance(query, feature)), Corpus::kMaxDistance) << dimension;
    }
  }
}

TEST(Recall, QueriesAreNotTrivialAndNotHopeless) {
  const Corpus corpus(128);
  const auto nearest = exhaustive_nearest(corpus, 2000, 300);
  std::size_t own = 0;
  for (std::uint32_t query = 0; query < nearest.size(); ++query)
    own += nearest[query].number == mix_bits(query) % 2000;
  EXPECT_GT(own, 90u);
  EXPECT_LT(own, 270u);
}

TEST(Recall, CountsWhatIsNotTheNearest) {
  const Corpus corpus(64);
  const auto nearest = exhaustive_nearest(corpus, 500, 10);
  nlohmann::ordered_json answers;
  for (const NearestMemo& memo : nearest) {
    const Key key = key_of(memo.number);
    answers.push_back({{"found", true}, {"high", key.high}, {"low", key.low}, {"distance", memo.distance}});
  }
  EXPECT_EQ(judge_recall(corpus, 500, answers)["recall_at_1"], 1.0);
  answers[0]["found"] = false;
  answers[1]["low"] = 0;
  answers[1]["distance"] = nearest[1].distance * 1.1;
  EXPECT_DOUBLE_EQ(judge_recall(corpus, 500, answers)["recall_at_1"], 0.8);
}

Workload workload_of(LookupKind kind, double hit_ratio) {
  Workload workload;
  workload.lookup = kind;
  workload.memos = 1000;
  workload.feature_dimension = 32;
  workload.hit_ratio = hit_ratio;
  workload.batch = 4;
  return workload;
}

TEST(Traffic, AsksForStoredKeysAsOftenAsTheHitRatioSays) {
  const Corpus corpus(32);
  const Workload workload = workload_of(LookupKind::exact, 0.7);
  std::vector<Key> stored;
  for (std::uint64_t number = 0; number < workload.memos; ++number) stored.push_back(key_of(number));
  std::sort(stored.begin(), stored.end());
  Traffic sut(corpus, workload, 0, 0);
  double hits = 0, said = 0;
  for (int lookup = 0; lookup < 5000; ++lookup) {
    const auto queries = sut.next_lookup();
    ASSERT_EQ(queries.size(), 4u);
    for (std::size_t i = 0; i < queries.size(); ++i) {
      EXPECT_TRUE(queries[i].feature.empty());
      const bool is_stored = std::binary_search(stored.begin(), stored.end(), queries[i].key);
      EXPECT_EQ(is_stored, sut.is_stored(i));
      hits += is_stored;
      said += sut.is_stored(i);
    }
  }
  EXPECT_NEAR(hits / 20'000, 0.7, 0.02);
}

TEST(Traffic, IsTheSameAgainAndAnotherForEveryClientAndRound) {
  const Corpus corpus(32);
  const Workload workload = workload_of(LookupKind::similar, 1);
  const auto first_feature = [&](std::uint32_t client, std::uint32_t round) {
    Traffic traffic(corpus, workload, client, round);
    const auto feature = traffic.next_lookup()[0].feature;
    return std::vector<float>(feature.begin(), feature.end());
  };
  EXPECT_EQ(first_feature(1, 2), first_feature(1, 2));
  EXPECT_NE(first_feature(1, 2), first_feature(2, 1));
  EXPECT_NE(first_feature(0, 1), first_feature(0, 2));
}

TEST(Traffic, NoTwoClientsOrRoundsPublishTheSameKey) {
  const Corpus corpus(32);
  const Workload workload = workload_of(LookupKind::exact, 1);
  std::vector<Key> keys;
  for (std::uint32_t client = 0; client < 3; ++client)
    for (std::uint32_t round = 0; round < 3; ++round) {
      Traffic traffic(corpus, workload, client, round);
      for (int memo = 0; memo < 100; ++memo) keys.push_back(traffic.next_memo().key);
    }
  for (std::uint64_t number = 0; number < workload.memos; ++number) keys.push_back(key_of(number));
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
}

TEST(Traffic, PopularMemosAreSpreadOverTheStoreAndAllAreThere) {
  for (const std::uint64_t memos : {1, 2, 10, 1000, 4096}) {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t rank = 0; rank < memos; ++rank) numbers.push_back(memo_of_rank(rank, memos));
    std::sort(numbers.begin(), numbers.end());
    for (std::uint64_t number = 0; number < memos; ++number) EXPECT_EQ(numbers[number], number) << memos;
  }
}

RoundFigures round_of(std::uint64_t lookups, std::uint64_t nanoseconds, double wall_s) {
  RoundFigures figures;
  figures.lookups = figures.items = figures.hits = lookups;
  figures.wall_s = wall_s;
  for (std::uint64_t lookup = 0; lookup < lookups; ++lookup) figures.lookup_times.add(nanoseconds);
  return figures;
}

TEST(ContestantRounds, FiguresAreMediansOfRounds) {
  ContestantRounds sut;
  sut.add({round_of(100, 100, 1)}, 0.001);
  sut.add({round_of(100, 120, 1)}, 0.001);
  sut.add({round_of(10, 90'000, 1)}, 0.5);  // somebody else had the machine
  const auto summary = sut.summary();
  EXPECT_DOUBLE_EQ(summary["lookup_us"]["p50"].get<double>(), 0.12);
  EXPECT_EQ(summary["lookup_us"]["count"], 210);
  EXPECT_EQ(summary["lookups_per_s"], 100);
  EXPECT_DOUBLE_EQ(summary["server_cpu_us"].get<double>(), 10);
  EXPECT_EQ(summary["hit_ratio"], 1);
}

TEST(ContestantRounds, FairnessIsTheFastestClientOverTheSlowest) {
  ContestantRounds sut;
  sut.add({round_of(300, 100, 1), round_of(100, 100, 1), round_of(200, 100, 1)}, 0);
  EXPECT_DOUBLE_EQ(sut.summary()["fairness"].get<double>(), 3);
  EXPECT_DOUBLE_EQ(sut.summary()["lookups_per_s"].get<double>(), 600);
}

TEST(ContestantRounds, RatiosAreOfTheSameRound) {
  ContestantRounds ours, theirs;
  for (const std::uint64_t slowness : {1, 1, 10}) {
    ours.add({round_of(100, 10 * slowness, 1)}, 0);
    theirs.add({round_of(50, 40 * slowness, 1)}, 0);
  }
  EXPECT_NEAR(ours.over(theirs)["p50"].get<double>(), 0.25, 0.01);
  EXPECT_DOUBLE_EQ(ours.over(theirs)["lookups_per_s"].get<double>(), 2);
}

TEST(LineChart, DrawsWhatALogarithmTakesAndNothingElse) {
  const test::TempDir folder;
  const LineChart chart{
      .title = "a <chart> & more",
      .x_label = "x",
      .y_label = "y",
      .curves = {{"one", "#123456", false, {{1, 10}, {10, 0}, {100, 30}}}, {"none", "#654321", false, {}}}};
  ASSERT_TRUE(chart.write(folder.file("chart.svg")));
  const std::string svg = test::read_file(folder.file("chart.svg"));
  EXPECT_NE(svg.find("a &lt;chart&gt; &amp; more"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("none<"), std::string::npos);
  std::size_t dots = 0;
  for (std::size_t at = 0; (at = svg.find("<circle", at)) != std::string::npos; ++at) ++dots;
  EXPECT_EQ(dots, 4u);  // two points, and two of the legend
}

TEST(LineChart, LinearAxesTakeZeroAndLess) {
  const test::TempDir folder;
  const LineChart chart{.title = "t",
                        .x_label = "x",
                        .y_label = "y",
                        .curves = {{"", "#123456", false, {{0, -1}, {0.5, 0}, {1, NAN}}}},
                        .linear_x = true,
                        .linear_y = true};
  ASSERT_TRUE(chart.write(folder.file("chart.svg")));
  const std::string svg = test::read_file(folder.file("chart.svg"));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  std::size_t dots = 0;
  for (std::size_t at = 0; (at = svg.find("<circle", at)) != std::string::npos; ++at) ++dots;
  EXPECT_EQ(dots, 2u);
}

}  // namespace
}  // namespace memo
