#include "model/memo/selection/layer_gate.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace memo {
namespace {

constexpr std::size_t kBatch = 8;
constexpr double kSaved = 1000;  // µs, by a hit

// A batch of lookups of 10 µs each.
GateObservation batch(std::size_t hits, double cost_us = 10) {
  return {kBatch, hits, kSaved, cost_us * kBatch};
}

// Takes turns for so many batches; -> how many were looked up.
std::size_t run(LayerGate& gate, std::size_t batches, std::size_t hits) {
  std::size_t looked_up = 0;
  for (std::size_t i = 0; i < batches; ++i) {
    if (gate.next() == GateTurn::closed) continue;
    gate.record(batch(hits));
    ++looked_up;
  }
  return looked_up;
}

TEST(LayerGate, IsOpenUntilEnoughWasSeen) {
  GateOptions options;
  options.least_trials = 1000;
  LayerGate sut(options);
  EXPECT_EQ(run(sut, 124, 0), 124u);  // 992 trials
  EXPECT_TRUE(sut.is_open());
  (void)run(sut, 1, 0);
  EXPECT_FALSE(sut.is_open());
}

TEST(LayerGate, StaysOpenWhileHitsPay) {
  LayerGate sut;
  // One hit in 80: 12.5 µs saved a lookup, 10 spent.
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(sut.next(), GateTurn::open);
    sut.record(batch(i % 10 == 0 ? 1 : 0));
  }
}

TEST(LayerGate, ClosesWhenHitsAreTooRareForWhatLookupsCost) {
  LayerGate sut;
  // One hit in 800.
  for (int i = 0; i < 1000 && sut.is_open(); ++i) sut.record(batch(i % 100 == 99 ? 1 : 0));
  EXPECT_FALSE(sut.is_open());
}

TEST(LayerGate, DecidesByCostAndByWhatIsSavedAlike) {
  LayerGate expensive, useless;
  for (int i = 0; i < 1000; ++i) {
    expensive.record({kBatch, 1, kSaved, 200 * kBatch});  // one in eight: 125 µs saved, 200 spent
    useless.record({kBatch, kBatch, 5, 10 * kBatch});     // all hit: 5 µs saved, 10 spent
  }
  EXPECT_FALSE(expensive.is_open());
  EXPECT_FALSE(useless.is_open());
}

TEST(LayerGate, DecidesNothingBeforeASavingIsKnown) {
  LayerGate sut;
  for (int i = 0; i < 1000; ++i) sut.record({kBatch, 0, std::nullopt, 80});
  EXPECT_TRUE(sut.is_open());
}

TEST(LayerGate, ProbesInVainBecomeRareUpToABound) {
  LayerGate sut;
  while (sut.is_open()) sut.record(batch(0));
  std::vector<std::size_t> gaps;
  for (std::size_t batches = 1; gaps.size() < 7; ++batches) {
    if (sut.next() != GateTurn::probe) continue;
    sut.record(batch(0));
    gaps.push_back(batches);
    batches = 0;
  }
  EXPECT_EQ(gaps, (std::vector<std::size_t>{64, 128, 256, 512, 1024, 1024, 1024}));
}

TEST(LayerGate, ProbesCostFewLookups) {
  LayerGate sut;
  (void)run(sut, 100, 0);
  EXPECT_LE(run(sut, 10'000, 0), 14u);
}

TEST(LayerGate, OpensWhenAProbeHits) {
  LayerGate sut;
  (void)run(sut, 200, 0);
  ASSERT_FALSE(sut.is_open());
  while (sut.next() != GateTurn::probe) {
  }
  sut.record(batch(4));
  EXPECT_TRUE(sut.is_open());
  EXPECT_EQ(run(sut, 100, 4), 100u);
}

TEST(LayerGate, WithinTheMarginAClosedGateStaysClosedAndAnOpenOneOpen) {
  // One hit in 90 pays 11 of 10 µs: less than the margin.
  GateOptions options;
  options.least_trials = 8;
  LayerGate closed(options), open(options);
  (void)run(closed, 2000, 0);
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t trials = 90;
    if (closed.next() == GateTurn::probe) closed.record({trials, 1, kSaved, 10.0 * trials});
    open.record({trials, 1, kSaved, 10.0 * trials});
  }
  EXPECT_FALSE(closed.is_open());
  EXPECT_TRUE(open.is_open());
}

TEST(LayerGate, AlwaysOpenNeverCloses) {
  GateOptions options;
  options.always_open = true;
  LayerGate sut(options);
  EXPECT_EQ(run(sut, 1000, 0), 1000u);
}

TEST(LayerGate, EstimatesConvergeToTheTrueRateAndCost) {
  LayerGate sut;
  std::mt19937 random(1);
  std::binomial_distribution<std::size_t> hits(kBatch, 0.3);
  std::uniform_real_distribution<double> cost(5, 15);
  for (int i = 0; i < 5000; ++i) sut.record(batch(hits(random), cost(random)));
  EXPECT_NEAR(sut.hit_rate(), 0.3, 0.04);  // 2000 trials weigh: 1 % of standard error
  EXPECT_NEAR(sut.cost_us(), 10, 0.5);
}

TEST(DecayedRate, HighestRateContainsTheTrueOneAsOftenAsItSays) {
  // One deviation to one side: 84 % of the time, for rates that are not tiny.
  std::mt19937 random(2);
  std::binomial_distribution<std::size_t> hits(400, 0.05);
  int above = 0;
  for (int i = 0; i < 2000; ++i) {
    DecayedRate rate(1e9);
    rate.add(400, hits(random));
    above += rate.highest() >= 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(above / 2000.0, 0.84, 0.05);
}

}  // namespace
}  // namespace memo
