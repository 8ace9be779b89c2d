// A daemon that is killed, stopped or absent never fails or stalls an inference, and never changes its results.
#include <gtest/gtest.h>
#include <signal.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "tests/scenarios/scenario.h"
#include "tests/support/eventually.h"

namespace memo::test {
namespace {

constexpr int kManyTexts = 6000;

class KilledDaemon : public testing::Test {
 protected:
  void SetUp() override {
    texts_ = scenario_.write_texts("texts.jsonl", kManyTexts);
    policy_ = scenario_.write_policy("lookup", 0);
  }

  // Results go to stdout, where they can be seen while it runs: a file takes its place only when it is complete.
  std::unique_ptr<ChildProcess> start_inference(const std::vector<std::string>& more = {}) {
    auto command = scenario_.infer_command(texts_, scenario_.endpoint(), output_, policy_);
    *(std::find(command.begin(), command.end(), "--output") + 1) = "-";
    command.insert(command.end(), more.begin(), more.end());
    command.insert(command.begin(), {"/bin/sh", "-c", "exec \"$@\" >\"$0\"", output_});
    return std::make_unique<ChildProcess>(command, scenario_.folder());
  }
  // Waits until the inference in progress has written at least `bytes` of output.
  bool wrote(std::size_t bytes) {
    return eventually([&] { return read_file(output_).size() >= bytes; });
  }
  void expect_plain_results() {
    const Inference plain = infer(scenario_, texts_, "none");
    EXPECT_GT(least_cosine(plain.embeddings, read_inference(output_).embeddings), kExactHitCosine);
  }

  Scenario scenario_;
  std::string texts_;
  std::string policy_;
  std::string output_ = scenario_.path("output");
};

TEST_F(KilledDaemon, InferenceGoesOnPlainAndAttachesAgainAfterTheRestart) {
  scenario_.start_daemon();
  auto inference = start_inference();
  ASSERT_TRUE(wrote(1 << 16));
  scenario_.kill_daemon();
  ASSERT_TRUE(inference->running()) << "the kill came too late to test anything";
  scenario_.start_daemon();
  ASSERT_EQ(inference->wait(), 0) << inference->errors();

  const Inference result = read_inference(output_);
  EXPECT_EQ(result.embeddings.size(), std::size_t{kManyTexts});
  EXPECT_TRUE(result.summary.at("store").at("available").get<bool>());
  expect_plain_results();
}

TEST_F(KilledDaemon, WhatWasPublishedBeforeTheKillIsHitAfterwards) {
  const std::string few = scenario_.write_texts("few.jsonl", 40);
  scenario_.start_daemon();
  const Inference before = infer(scenario_, few, scenario_.endpoint(), policy_);
  scenario_.kill_daemon();
  scenario_.start_daemon();
  const Inference after = infer(scenario_, few, scenario_.endpoint(), policy_);
  EXPECT_EQ(after.count("exact_hits"), before.summary.at("publishes").at("acknowledged"));
  EXPECT_GT(after.count("exact_hits"), 0u);
}

TEST_F(KilledDaemon, StoppedDaemonDelaysButNeverStallsInference) {
  scenario_.start_daemon();
  auto inference = start_inference();
  ASSERT_TRUE(wrote(1 << 16));
  scenario_.daemon().signal(SIGSTOP);
  ASSERT_TRUE(inference->running()) << "the stop came too late to test anything";
  EXPECT_EQ(inference->wait(), 0) << inference->errors();
  scenario_.daemon().signal(SIGCONT);
  expect_plain_results();
}

TEST_F(KilledDaemon, StoppedDaemonCostsABatchNoMoreThanItMayWait) {
  policy_ = scenario_.write_policy("lookup", 0, "online");
  scenario_.start_daemon();
  // Well below the store's own timeout of 20 ms, and long enough for a busy machine.
  auto inference = start_inference({"--max-wait", "5"});
  ASSERT_TRUE(wrote(1 << 16));
  scenario_.daemon().signal(SIGSTOP);
  ASSERT_TRUE(inference->running()) << "the stop came too late to test anything";
  EXPECT_EQ(inference->wait(), 0) << inference->errors();
  scenario_.daemon().signal(SIGCONT);
  EXPECT_GT(read_inference(output_).count("over_deadline"), 0u);
  expect_plain_results();
}

TEST_F(KilledDaemon, InferenceStartsWithoutADaemonAndFindsItLater) {
  auto inference = start_inference();
  ASSERT_TRUE(wrote(1 << 12));
  scenario_.start_daemon();
  ASSERT_EQ(inference->wait(), 0) << inference->errors();
  EXPECT_GT(read_inference(output_).count("published"), 0u);
  expect_plain_results();
}

TEST_F(KilledDaemon, KilledInferenceLeavesNoSessionBehind) {
  scenario_.start_daemon();
  auto inference = start_inference();
  ASSERT_TRUE(wrote(1 << 12));
  inference->signal(SIGKILL);
  inference->wait();
  EXPECT_TRUE(eventually([&] {
    const Finished info = run({program("memoctl"), "info", scenario_.endpoint(), "--json"}, scenario_.folder());
    return info.exit_code == 0 && nlohmann::json::parse(info.output).at("sessions") == 0;
  }));
}

TEST_F(KilledDaemon, FullPoolRefusesMemosAndChangesNoResult) {
  scenario_.start_daemon({"--evict", "off"});  // 64 MiB: too small for all maps of the texts
  auto inference = start_inference();
  ASSERT_EQ(inference->wait(), 0) << inference->errors();
  EXPECT_GT(read_inference(output_).summary.at("publishes").at("refused"), 0);
  expect_plain_results();
}

TEST_F(KilledDaemon, FullPoolThatEvictsChangesNoResult) {
  scenario_.start_daemon({"--restart-grace", "0"});
  auto inference = start_inference();
  ASSERT_EQ(inference->wait(), 0) << inference->errors();
  const Finished info = run({program("memoctl"), "info", "--json", scenario_.endpoint()}, scenario_.folder());
  EXPECT_GT(nlohmann::json::parse(info.output).at("evicted"), 0);
  expect_plain_results();
}

}  // namespace
}  // namespace memo::test
