// The main job: inference processes that share memoized attention through one daemon.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/scenarios/scenario.h"

namespace memo::test {
namespace {

constexpr int kTexts = 64;
constexpr int kLayers = 3;  // of tests/data/tiny-bert

class MainJob : public testing::Test {
 protected:
  void SetUp() override {
    texts_ = scenario_.write_texts("texts.jsonl", kTexts);
    exact_ = scenario_.write_policy("lookup", 0);
    scenario_.start_daemon();
  }

  Scenario scenario_;
  std::string texts_;
  std::string exact_;  // policy: exact repeats only
};

TEST_F(MainJob, SecondProcessIsAnsweredWithWhatTheFirstPublished) {
  const Inference first = infer(scenario_, texts_, scenario_.endpoint(), exact_);
  const Inference second = infer(scenario_, texts_, scenario_.endpoint(), exact_);

  EXPECT_EQ(first.count("published"), std::uint64_t{kTexts * kLayers});
  EXPECT_EQ(first.count("hits"), 0u);
  EXPECT_EQ(second.count("lookups"), std::uint64_t{kTexts * kLayers});
  EXPECT_EQ(second.count("exact_hits"), std::uint64_t{kTexts * kLayers});
  EXPECT_EQ(second.count("published"), 0u);
}

TEST_F(MainJob, MemoizedEmbeddingsStayCloseToPlainOnes) {
  const Inference plain = infer(scenario_, texts_, "none");
  const Inference cold = infer(scenario_, texts_, scenario_.endpoint(), exact_);
  const Inference warm = infer(scenario_, texts_, scenario_.endpoint(), exact_);

  EXPECT_GT(least_cosine(plain.embeddings, cold.embeddings), 1 - 1e-6);  // all computed
  EXPECT_GT(least_cosine(plain.embeddings, warm.embeddings), kExactHitCosine);
}

// What memo-infer does unless a policy says otherwise.
TEST_F(MainJob, WithoutAPolicyWholeResultsAreReusedAndExact) {
  const Inference plain = infer(scenario_, texts_, "none");
  const Inference first = infer(scenario_, texts_, scenario_.endpoint());
  // Where the daemon is slow, as on a busy machine, a batch is computed without it: one more run finds its results.
  const auto find_all = [&] {
    Inference found = infer(scenario_, texts_, scenario_.endpoint());
    for (int run = 0; run < 20 && found.summary.at("outputs").at("hits") < kTexts; ++run)
      found = infer(scenario_, texts_, scenario_.endpoint());
    return found;
  };
  const Inference second = find_all();
  scenario_.stop_daemon();
  scenario_.start_daemon();
  const Inference after = find_all();

  EXPECT_GT(first.summary.at("outputs").at("published"), 0);
  for (const Inference* again : {&second, &after}) {
    EXPECT_EQ(again->summary.at("outputs").at("hits"), kTexts);
    EXPECT_EQ(again->summary.at("outputs").at("computed"), 0);
    EXPECT_EQ(again->count("computed"), 0u);
  }
  // Bit by bit: nine digits tell all f32 numbers apart.
  for (const Inference* other : {&first, &second, &after}) EXPECT_EQ(other->embeddings, plain.embeddings);
}

TEST_F(MainJob, RestartedDaemonStillAnswersByKey) {
  (void)infer(scenario_, texts_, scenario_.endpoint(), exact_);
  scenario_.stop_daemon();
  scenario_.start_daemon();
  const Inference after = infer(scenario_, texts_, scenario_.endpoint(), exact_);
  EXPECT_EQ(after.count("exact_hits"), std::uint64_t{kTexts * kLayers});
}

TEST_F(MainJob, RestartedDaemonStillAnswersBySimilarity) {
  (void)infer(scenario_, texts_, scenario_.endpoint(), exact_);
  scenario_.stop_daemon();
  scenario_.start_daemon();
  // Other texts: no key can match, and any distance is near enough.
  const std::string others = scenario_.write_texts("others.jsonl", kTexts, 1000);
  const std::string similar = scenario_.write_policy("lookup", 1000.0);
  const Inference after = infer(scenario_, others, scenario_.endpoint(), similar);
  EXPECT_GT(after.count("similar_hits"), std::uint64_t{kTexts});
}

TEST_F(MainJob, PoolThatADaemonFilledServesAnEmbeddedStore) {
  (void)infer(scenario_, texts_, scenario_.endpoint(), exact_);
  scenario_.stop_daemon();
  const Inference embedded = infer(scenario_, texts_, "file:" + scenario_.pool(), exact_);
  EXPECT_EQ(embedded.count("exact_hits"), std::uint64_t{kTexts * kLayers});
}

TEST_F(MainJob, TwoProcessesAtOnceLoseNothing) {
  const std::string left = scenario_.path("left"), right = scenario_.path("right");
  const std::string others = scenario_.write_texts("others.jsonl", kTexts, 1000);
  ChildProcess one(scenario_.infer_command(texts_, scenario_.endpoint(), left, exact_), scenario_.folder());
  ChildProcess two(scenario_.infer_command(others, scenario_.endpoint(), right, exact_), scenario_.folder());
  ASSERT_EQ(one.wait(), 0) << one.errors();
  ASSERT_EQ(two.wait(), 0) << two.errors();

  const Inference again = infer(scenario_, texts_, scenario_.endpoint(), exact_);
  EXPECT_EQ(again.count("exact_hits"), read_inference(left).summary.at("publishes").at("acknowledged"));
}

TEST_F(MainJob, CheckOfTheClosedPoolFindsItConsistent) {
  (void)infer(scenario_, texts_, scenario_.endpoint(), exact_);
  scenario_.stop_daemon();
  const Finished check = run({program("memoctl"), "check", scenario_.pool(), "--json"}, scenario_.folder());
  EXPECT_EQ(check.exit_code, 0) << check.errors;
  EXPECT_EQ(nlohmann::json::parse(check.output).at("checked"), kTexts * kLayers);
}

}  // namespace
}  // namespace memo::test
