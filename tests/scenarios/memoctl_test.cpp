// memoctl looks into a pool that real inference filled: closed, and through its daemon.
#include <gtest/gtest.h>
#include <signal.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/scenarios/memoctl_fixture.h"
#include "tests/support/eventually.h"

namespace memo::test {
namespace {

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
  const auto info = json({"info", live()});
  EXPECT_EQ(info.at("memos"), kMemos);
  EXPECT_EQ(info.at("pool"), scenario_.pool());
  EXPECT_EQ(info.at("spaces").size(), 1u);
}

TEST_F(Memoctl, PlainPathOfASocketMeansItsDaemon) {
  EXPECT_EQ(json({"info", path("socket")}).at("memos"), kMemos);
}

TEST_F(Memoctl, StatCountsHitsOfEveryLayer) {
  const auto layers = json({"stat", live()}).at("layers");
  ASSERT_EQ(layers.size(), std::size_t{kLayers});
  for (const auto& layer : layers) EXPECT_EQ(layer.at("exact_hits"), kTexts) << layer;
}

TEST_F(Memoctl, ListIsCutAtItsLimitAndSaysHowManyAreLeft) {
  const auto list = json({"ls", live(), "--limit", "5"});
  EXPECT_EQ(list.at("memos").size(), 5u);
  EXPECT_EQ(list.at("more"), kMemos - 5);
}

TEST_F(Memoctl, ListOfOneLayerHoldsThatLayerOnly) {
  const auto memos = json({"ls", live(), "--layer", "1"}).at("memos");
  ASSERT_EQ(memos.size(), std::size_t{kTexts});
  for (const auto& memo : memos) EXPECT_EQ(memo.at("layer"), 1);
}

TEST_F(Memoctl, ListBySizeIsInThatOrder) {
  const auto memos = json({"ls", live(), "--sort", "size"}).at("memos");
  for (std::size_t i = 1; i < memos.size(); ++i)
    EXPECT_GE(memos[i - 1].at("payload_bytes"), memos[i].at("payload_bytes"));
}

TEST_F(Memoctl, ClosedPoolSaysTheSameAsItsDaemonDid) {
  const auto before = json({"ls", live(), "--limit", "1000", "--sort", "size"});
  scenario_.stop_daemon();
  const auto closed = json({"ls", scenario_.pool(), "--limit", "1000", "--sort", "size"});
  ASSERT_EQ(before.at("memos").size(), closed.at("memos").size());
  EXPECT_EQ(json({"info", scenario_.pool()}).at("memos"), kMemos);
}

TEST_F(Memoctl, CheckReadsEverythingWhileTheDaemonServes) {
  const auto check = json({"check", live()});
  EXPECT_TRUE(check.at("consistent").get<bool>());
  EXPECT_EQ(check.at("checked"), kMemos);
}

TEST_F(Memoctl, InfoSaysWhatIsStranded) {
  const auto info = json({"info", live()});
  const auto& space = info.at("spaces").at(0);
  const double free_slots = space.at("slots").get<double>() - kMemos;
  EXPECT_NEAR(info.at("stranded_bytes").get<double>(),
              free_slots * space.at("reserved_bytes").get<double>() / space.at("slots").get<double>(), 1);
  EXPECT_GT(info.at("stranded_share"), 0);
  EXPECT_EQ(info.at("evicted"), 0);
  EXPECT_EQ(info.at("damaged"), 0);
}

TEST_F(Memoctl, SpacesSaysWhatTheirMemosAre) {
  const auto space = json({"spaces", live()}).at("spaces").at(0);
  EXPECT_EQ(space.at("kind"), "map");
  EXPECT_EQ(space.at("heads"), kHeads);
  EXPECT_EQ(space.at("quota_bytes"), 0);
}

TEST_F(Memoctl, ListOfAPrefixHoldsThoseKeysOnly) {
  const std::string key = a_key();
  const auto found = json({"ls", live(), "--key", key.substr(0, 20)}).at("memos");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].at("key"), key);
}

TEST_F(Memoctl, ListOfMinHitsLeavesOutColderMemos) {
  EXPECT_EQ(json({"ls", live(), "--min-hits", "1", "--limit", "1000"}).at("memos").size(), std::size_t{kMemos});
  EXPECT_EQ(json({"ls", live(), "--min-hits", "2"}).at("memos").size(), 0u);
}

TEST_F(Memoctl, ShowFindsAMemoByTheStartOfItsKey) {
  const auto listed = memos(live()).at(0);
  const std::string key = listed.at("key");
  const auto shown = json({"show", live(), key.substr(0, 20)});
  EXPECT_EQ(shown.at("key"), key);
  EXPECT_EQ(shown.at("layer"), listed.at("layer"));
  EXPECT_EQ(shown.at("feature").size(), json({"spaces", live()}).at("spaces").at(0).at("feature_dimension"));
}

TEST_F(Memoctl, AmbiguousKeyNamesWhatItCouldMean) {
  // 72 keys and 16 first digits: one of them begins two keys.
  std::vector<int> count(128);
  char digit = 0;
  for (const auto& memo : memos(live())) {
    const char first = memo.at("key").get<std::string>()[0];
    if (++count[static_cast<std::size_t>(first)] == 2) digit = first;
  }
  expect_refusal({"show", live(), std::string(1, digit)}, 1, "give more digits");
}

TEST_F(Memoctl, UnknownKeyIsNotFound) {
  expect_refusal({"show", live(), std::string(32, '0')}, 1, "no memo");
  expect_refusal({"show", live(), "--space", "0", "--layer", "0", std::string(32, '0')}, 1, "no memo");
  expect_refusal({"show", live(), "--space", "7", "0"}, 1, "no space 7");
}

TEST_F(Memoctl, KeyThatIsNotHexIsWrongUsage) {
  expect_refusal({"show", live(), "xyz"}, 2, "hex digits");
}

TEST_F(Memoctl, WatchedStatEndsCleanlyWhenInterrupted) {
  ChildProcess stat({program("memoctl"), "stat", live(), "--watch=0.1", "--json"}, scenario_.folder());
  const auto lines = [&] {
    const std::string output = stat.output();
    return std::count(output.begin(), output.end(), '\n');
  };
  ASSERT_TRUE(eventually([&] { return lines() >= 2; }));
  stat.signal(SIGINT);
  EXPECT_EQ(stat.wait(), 0) << stat.errors();
  std::istringstream output(stat.output());
  for (std::string line; std::getline(output, line);)
    EXPECT_TRUE(nlohmann::json::parse(line).at("rates").contains("lookups")) << line;
}

TEST_F(Memoctl, TopIsOneLookWhereThereIsNoTerminal) {
  const auto top = json({"top", live(), "--memos", "5"});
  EXPECT_EQ(top.at("layers").size(), std::size_t{kLayers});
  EXPECT_EQ(top.at("memos").size(), 5u);
  EXPECT_NE(memoctl({"top", live()}).output.find("lookups/s"), std::string::npos);
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

TEST_F(Memoctl, CheckThatRepairsErasesWhatIsDamaged) {
  scenario_.stop_daemon();
  damage(scenario_.pool());
  const auto repaired = json({"check", scenario_.pool(), "--repair"});
  EXPECT_TRUE(repaired.at("consistent").get<bool>());
  EXPECT_EQ(repaired.at("erased"), 1);
  EXPECT_EQ(json({"check", scenario_.pool()}).at("checked"), kMemos - 1);
}

TEST_F(Memoctl, NothingThereIsOneLineAndExitCodeOne) {
  for (const char* command : {"info", "spaces", "ls", "stat", "top", "check", "compact"})
    expect_refusal({command, path("nothing")}, 1, "nothing");
}

TEST_F(Memoctl, NoSubcommandIsUsage) {
  EXPECT_EQ(memoctl({}).exit_code, 2);
}

}  // namespace
}  // namespace memo::test
