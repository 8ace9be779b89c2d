// memoctl on a pool that real inference filled: closed, and through its daemon.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/scenarios/scenario.h"

namespace memo::test {
namespace {

constexpr int kTexts = 24;
constexpr int kLayers = 3;  // of tests/data/tiny-bert
constexpr int kMemos = kTexts * kLayers;

class Memoctl : public testing::Test {
 protected:
  void SetUp() override {
    const std::string texts = scenario_.write_texts("texts.jsonl", kTexts);
    const std::string exact = scenario_.write_policy("lookup", 0);
    scenario_.start_daemon();
    (void)infer(scenario_, texts, scenario_.endpoint(), exact);
    (void)infer(scenario_, texts, scenario_.endpoint(), exact);
  }
  Finished memoctl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program("memoctl"));
    return run(arguments, scenario_.folder());
  }
  nlohmann::json json(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const Finished finished = memoctl(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return finished.exit_code == 0 ? nlohmann::json::parse(finished.output) : nlohmann::json();
  }

  Scenario scenario_;
};

// Flips the bits of the byte in the middle of everything that was written: a payload, by far the largest part.
void damage(const std::string& pool) {
  std::string bytes = read_file(pool);
  std::vector<std::size_t> written;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] != 0) written.push_back(i);
  std::fstream file(pool, std::ios::in | std::ios::out | std::ios::binary);
  const std::size_t middle = written[written.size() / 2];
  file.seekp(static_cast<std::streamoff>(middle));
  file.put(static_cast<char>(~bytes[middle]));
}

TEST_F(Memoctl, InfoCountsMemosOfARunningDaemon) {
  const auto info = json({"info", scenario_.endpoint()});
  EXPECT_EQ(info.at("memos"), kMemos);
  EXPECT_EQ(info.at("pool"), scenario_.pool());
  EXPECT_EQ(info.at("spaces").size(), 1u);
}

TEST_F(Memoctl, PlainPathOfASocketMeansItsDaemon) {
  EXPECT_EQ(json({"info", scenario_.path("socket")}).at("memos"), kMemos);
}

TEST_F(Memoctl, StatCountsHitsOfEveryLayer) {
  const auto layers = json({"stat", scenario_.endpoint()}).at("layers");
  ASSERT_EQ(layers.size(), std::size_t{kLayers});
  for (const auto& layer : layers) EXPECT_EQ(layer.at("exact_hits"), kTexts) << layer;
}

TEST_F(Memoctl, ListIsCutAtItsLimitAndSaysHowManyAreLeft) {
  const auto list = json({"ls", scenario_.endpoint(), "--limit", "5"});
  EXPECT_EQ(list.at("memos").size(), 5u);
  EXPECT_EQ(list.at("more"), kMemos - 5);
}

TEST_F(Memoctl, ListOfOneLayerHoldsThatLayerOnly) {
  const auto memos = json({"ls", scenario_.endpoint(), "--layer", "1"}).at("memos");
  ASSERT_EQ(memos.size(), std::size_t{kTexts});
  for (const auto& memo : memos) EXPECT_EQ(memo.at("layer"), 1);
}

TEST_F(Memoctl, ListBySizeIsInThatOrder) {
  const auto memos = json({"ls", scenario_.endpoint(), "--sort", "size"}).at("memos");
  for (std::size_t i = 1; i < memos.size(); ++i)
    EXPECT_GE(memos[i - 1].at("payload_bytes"), memos[i].at("payload_bytes"));
}

TEST_F(Memoctl, ClosedPoolSaysTheSameAsItsDaemonDid) {
  const auto live = json({"ls", scenario_.endpoint(), "--limit", "1000", "--sort", "size"});
  scenario_.stop_daemon();
  const auto closed = json({"ls", scenario_.pool(), "--limit", "1000", "--sort", "size"});
  ASSERT_EQ(live.at("memos").size(), closed.at("memos").size());
  EXPECT_EQ(json({"info", scenario_.pool()}).at("memos"), kMemos);
}

TEST_F(Memoctl, CheckReadsEverythingWhileTheDaemonServes) {
  const auto check = json({"check", scenario_.endpoint()});
  EXPECT_TRUE(check.at("consistent").get<bool>());
  EXPECT_EQ(check.at("checked"), kMemos);
}

TEST_F(Memoctl, CheckOfADamagedPoolFailsAndSaysWhere) {
  scenario_.stop_daemon();
  damage(scenario_.pool());
  const Finished check = memoctl({"check", scenario_.pool(), "--json"});
  EXPECT_EQ(check.exit_code, 1) << check.errors;
  const auto found = nlohmann::json::parse(check.output);
  EXPECT_FALSE(found.at("consistent").get<bool>());
  EXPECT_EQ(found.at("damage").size(), 1u) << found;
}

TEST_F(Memoctl, NothingThereIsOneLineAndExitCodeOne) {
  const Finished info = memoctl({"info", scenario_.path("nothing")});
  EXPECT_EQ(info.exit_code, 1);
  EXPECT_NE(info.errors.find("nothing"), std::string::npos) << info.errors;
}

TEST_F(Memoctl, NoSubcommandIsUsage) {
  EXPECT_EQ(memoctl({}).exit_code, 2);
}

}  // namespace
}  // namespace memo::test
