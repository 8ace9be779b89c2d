// memoctl looks after a pool: pins, evicts, compacts, copies.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>

#include "tests/scenarios/memoctl_fixture.h"

namespace memo::test {
namespace {

using MemoctlCare = Memoctl;

// What a copy keeps of each memo, by layer and key.
std::map<std::string, nlohmann::json> kept(const nlohmann::json& memos) {
  std::map<std::string, nlohmann::json> all;
  for (const auto& memo : memos)
    all[std::to_string(memo.at("layer").get<int>()) + memo.at("key").get<std::string>()] = {
        memo.at("length"), memo.at("payload_bytes"), memo.at("created_unix_ns"), memo.at("pinned")};
  return all;
}

TEST_F(MemoctlCare, PinnedMemoOutlivesEvictionUntilItIsUnpinned) {
  const std::string key = a_key();
  EXPECT_EQ(json({"pin", live(), key}).at("done"), "pinned");
  EXPECT_EQ(json({"evict", live(), "--space", "0", "--memos", "1000"}).at("evicted"), kMemos - 1);
  const auto left = json({"ls", live(), "--pinned"}).at("memos");
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].at("key"), key);
  EXPECT_EQ(json({"unpin", live(), key}).at("done"), "unpinned");
  EXPECT_EQ(json({"evict", live(), "--space", "0", "--memos", "1"}).at("evicted"), 1);
}

TEST_F(MemoctlCare, PinLastsInAClosedPool) {
  const std::string key = a_key();
  scenario_.stop_daemon();
  ASSERT_EQ(memoctl({"pin", scenario_.pool(), key}).exit_code, 0);
  EXPECT_EQ(json({"ls", scenario_.pool(), "--pinned"}).at("memos").size(), 1u);
}

TEST_F(MemoctlCare, RemovedMemoIsGone) {
  const std::string key = a_key();
  EXPECT_EQ(json({"rm", live(), key}).at("key"), key);
  expect_refusal({"rm", live(), key}, 1, "no memo");
  EXPECT_EQ(json({"info", live()}).at("memos"), kMemos - 1);
}

TEST_F(MemoctlCare, CompactGivesBackWhatEvictionEmptied) {
  ASSERT_EQ(memoctl({"evict", live(), "--space", "0", "--memos", "1000"}).exit_code, 0);
  const auto compacted = json({"compact", live()});
  EXPECT_TRUE(compacted.at("complete").get<bool>());
  EXPECT_GT(compacted.at("freed_bytes"), 0);
  EXPECT_EQ(json({"info", live()}).at("reserved_bytes"), 0);
}

TEST_F(MemoctlCare, QuotaIsSetAndLifted) {
  EXPECT_EQ(json({"quota", live(), "--space", "0", "8MiB"}).at("quota_bytes"), 8 << 20);
  EXPECT_EQ(json({"spaces", live()}).at("spaces").at(0).at("quota_bytes"), 8 << 20);
  EXPECT_EQ(json({"quota", live(), "--space", "0", "none"}).at("quota_bytes"), 0);
}

TEST_F(MemoctlCare, SpaceOrSizeThatCannotBeIsRefused) {
  expect_refusal({"evict", live(), "--space", "9", "--memos", "1"}, 1, "no space 9");
  expect_refusal({"quota", live(), "--space", "9", "1GiB"}, 1, "no space 9");
  expect_refusal({"quota", live(), "--space", "0", "0"}, 2, "none");
  expect_refusal({"quota", live(), "--space", "0", "much"}, 2, "4GiB");
}

TEST_F(MemoctlCare, CreatedPoolIsServed) {
  const auto made = json({"create", path("new"), "--size", "16MiB"});
  EXPECT_EQ(made.at("pool_bytes"), 16 << 20);
  EXPECT_EQ(json({"info", path("new")}).at("uuid"), made.at("uuid"));
  expect_refusal({"create", path("new"), "--size", "16MiB"}, 1, "exists already");
  expect_refusal({"create", path("other"), "--size", "1KiB"}, 2, "16 MiB");
  expect_refusal({"create", path("no folder/new"), "--size", "16MiB"}, 1, "does not exist");
}

TEST_F(MemoctlCare, RestoredBackupHoldsEveryMemoAsItWas) {
  ASSERT_EQ(memoctl({"pin", live(), a_key()}).exit_code, 0);
  ASSERT_EQ(memoctl({"quota", live(), "--space", "0", "32MiB"}).exit_code, 0);
  const auto original = kept(memos(live()));

  const auto backup = json({"backup", live(), path("backup")});
  EXPECT_EQ(backup.at("memos"), kMemos);
  EXPECT_EQ(backup.at("gone"), 0);
  const auto restored = json({"restore", path("backup"), path("restored"), "--size", "64MiB"});
  EXPECT_EQ(restored.at("memos"), kMemos);

  EXPECT_EQ(kept(memos(path("restored"))), original);
  EXPECT_EQ(json({"check", path("restored")}).at("checked"), kMemos);
  EXPECT_EQ(json({"spaces", path("restored")}).at("spaces").at(0).at("quota_bytes"), 32 << 20);
  EXPECT_NE(json({"info", path("restored")}).at("uuid"), json({"info", live()}).at("uuid"));
}

TEST_F(MemoctlCare, RestoredPoolAnswersWhatTheOriginalAnswered) {
  ASSERT_EQ(memoctl({"backup", live(), path("backup")}).exit_code, 0);
  ASSERT_EQ(memoctl({"restore", path("backup"), path("restored"), "--size", "32MiB"}).exit_code, 0);
  const Inference again = infer(scenario_, path("texts.jsonl"), "file:" + path("restored"), path("policy.toml"));
  EXPECT_EQ(again.count("exact_hits"), std::uint64_t{kMemos});
}

TEST_F(MemoctlCare, BackupOverwritesNothingAndLeavesNothingHalfDone) {
  ASSERT_EQ(memoctl({"backup", live(), path("backup")}).exit_code, 0);
  expect_refusal({"backup", live(), path("backup")}, 1, "exists already");
  expect_refusal({"backup", live(), path("no folder/backup")}, 1, "does not exist");
  expect_refusal({"backup", path("nothing"), path("other")}, 1, "nothing");
  expect_refusal({"restore", path("texts.jsonl"), path("other"), "--size", "16MiB"}, 1, "not a memod pool");
  for (const auto& entry : std::filesystem::directory_iterator(scenario_.folder()))
    EXPECT_EQ(entry.path().string().find("partial"), std::string::npos) << entry.path();
}

}  // namespace
}  // namespace memo::test
