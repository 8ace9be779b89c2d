#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>

#include "tests/support/temp_dir.h"
#include "tools/memo-bench/store/fit.h"
#include "tools/memo-bench/store/site.h"
#include "tools/memo-bench/store/workload/workload.h"

namespace memo {
namespace {

std::string error_of(const std::string& text) {
  const auto read = read_workload(text, "w.toml");
  return read ? "none" : read.status().message();
}

TEST(WorkloadFile, EveryKeyIsRead) {
  const auto file = read_workload(R"(name = "busy"
shows = "everything"
lookup = "similar"
memos = [100, 2_000]
payload_bytes = 4_096
feature_dimension = 64
hit_ratio = 0.5
batch = 8
clients = [1, 4]
zipf_skew = 1
publish_share = 1
write_payload = false
read_payload = true
operations = 300
recall_queries = 10
)",
                                  "w.toml");
  ASSERT_TRUE(file) << file.status().message();
  const Workload& workload = file->workload;
  EXPECT_EQ(workload.name, "busy");
  EXPECT_EQ(workload.shows, "everything");
  EXPECT_EQ(workload.lookup, LookupKind::similar);
  EXPECT_EQ(file->memos, (std::vector<std::uint64_t>{100, 2000}));
  EXPECT_EQ(workload.payload_bytes, 4096u);
  EXPECT_EQ(workload.feature_dimension, 64u);
  EXPECT_EQ(workload.hit_ratio, 0.5);
  EXPECT_EQ(workload.batch, 8u);
  EXPECT_EQ(file->clients, (std::vector<std::uint32_t>{1, 4}));
  EXPECT_EQ(workload.zipf_skew, 1);
  EXPECT_EQ(workload.publish_share, 1);
  EXPECT_FALSE(workload.write_payload);
  EXPECT_TRUE(workload.read_payload);
  EXPECT_EQ(workload.seconds, 0);
  EXPECT_EQ(workload.operations, 300u);
  EXPECT_EQ(workload.recall_queries, 10u);
}

TEST(WorkloadFile, AnEmptyFileHasTheDefaultsAndTheFilesName) {
  const auto file = read_workload("", "some/folder/calm.toml");
  ASSERT_TRUE(file) << file.status().message();
  EXPECT_EQ(file->workload.name, "calm");
  EXPECT_EQ(file->memos, std::vector<std::uint64_t>{10'000});
  EXPECT_EQ(file->clients, std::vector<std::uint32_t>{1});
  EXPECT_EQ(file->workload.seconds, 1);
}

TEST(WorkloadFile, BadValuesAreRefusedByLineAndKey) {
  const std::pair<const char*, const char*> cases[] = {
      {"\nmemos = 0",
       "w.toml:2: memos is 0, must be an integer from 1 to 100000000, or an array of ascending ones"},
      {"memos = [10, 10]",
       "w.toml:1: memos is an array, must be an integer from 1 to 100000000, or an array of "
       "ascending ones"},
      {"memos = []", "w.toml:1: memos is an array, must be an integer, or an array with at least one"},
      {"memos = \"many\"",
       "w.toml:1: memos is \"many\", must be an integer from 1 to 100000000, or an array of "
       "ascending ones"},
      {"payload_bytes = 7", "w.toml:1: payload_bytes is 7, must be an integer from 8 to 1073741824"},
      {"payload_bytes = 12", "w.toml:1: payload_bytes is 12, must be a multiple of 8"},
      {"feature_dimension = 8", "w.toml:1: feature_dimension is 8, must be an integer from 32 to 256"},
      {"hit_ratio = 1.5", "w.toml:1: hit_ratio is 1.5, must be a number from 0 to 1"},
      {"hit_ratio = nan", "w.toml:1: hit_ratio is nan, must be a number from 0 to 1"},
      {"hit_ratio = true", "w.toml:1: hit_ratio is true, must be a number from 0 to 1"},
      {"batch = 0", "w.toml:1: batch is 0, must be an integer from 1 to 1024"},
      {"clients = 65", "w.toml:1: clients is 65, must be an integer from 1 to 64, or an array of ascending ones"},
      {"zipf_skew = -1", "w.toml:1: zipf_skew is -1, must be a number from 0 to 10"},
      {"lookup = \"fuzzy\"", "w.toml:1: lookup is \"fuzzy\", must be \"exact\" or \"similar\""},
      {"lookup = 1", "w.toml:1: lookup is 1, must be text in quotes"},
      {"write_payload = false\npublish_share = 0.5\noperations = 5",
       "w.toml:1: write_payload is false, must be true unless publish_share is 1: lookups check what they find"},
      {"read_payload = 1", "w.toml:1: read_payload is 1, must be true or false"},
      {"seconds = 0", "w.toml:1: seconds is 0, must be a number from 0.01 to 3600"},
      {"operations = 0", "w.toml:1: operations is 0, must be an integer from 1 to 1000000000"},
      {"seconds = 1\noperations = 5", "w.toml:2: operations is 5, must be absent where seconds end a round"},
      {"\n\npublish_share = 0.5",
       "w.toml:3: publish_share is 0.5, must be 0, or operations must be given: the store "
       "has to have room for all memos"},
      {"recall_queries = 5",
       "w.toml:1: recall_queries is 5, must be 0 where lookups are exact: they find their key or "
       "nothing"},
      {"memos = 5\nmemory = 5",
       "w.toml:2: unknown key \"memory\", known are: name, shows, memos, payload_bytes, "
       "feature_dimension, lookup, hit_ratio, batch, clients, zipf_skew, publish_share, "
       "write_payload, read_payload, recall_queries, seconds, operations"},
      {"memos = 5\nbatch = = 4", "w.toml:2: not valid TOML"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(error_of(text), message) << text;
}

TEST(WorkloadFile, EveryShippedOneIsValidAndFoundByItsName) {
  std::set<std::string> names;
  for (const ShippedWorkload& shipped : shipped_workloads()) {
    const auto file = find_workload(shipped.name);
    ASSERT_TRUE(file) << file.status().message();
    EXPECT_EQ(file->workload.name, shipped.name);
    EXPECT_FALSE(file->workload.shows.empty()) << shipped.name;
    names.insert(shipped.name);
  }
  EXPECT_TRUE(names.contains("exact-192k") && names.contains("similar-sizes") && names.contains("mixed-4"));
}

TEST(WorkloadFile, UnknownNameListsTheShippedOnes) {
  const Status status = find_workload("nothing-such").status();
  EXPECT_EQ(status.code(), StatusCode::not_found);
  EXPECT_NE(status.message().find("similar-sizes"), std::string::npos) << status.message();
}

TEST(WorkloadFile, AFileIsFoundByItsPath) {
  const test::TempDir folder;
  std::ofstream(folder.file("mine.toml")) << "memos = 7\n";
  const auto file = find_workload(folder.file("mine.toml"));
  ASSERT_TRUE(file) << file.status().message();
  EXPECT_EQ(file->workload.name, "mine");
  EXPECT_EQ(file->memos, std::vector<std::uint64_t>{7});
}

TEST(Workload, JsonKeepsEveryField) {
  auto file =
      read_workload("lookup = \"similar\"\nbatch = 3\noperations = 9\npublish_share = 0.5\nzipf_skew = 0.9", "w");
  ASSERT_TRUE(file);
  const auto json = file->workload.to_json();
  EXPECT_EQ(Workload::from_json(json).to_json(), json);
}

TEST(FitToRoom, SizesThatDoNotFitAreLeftOutAndNamed) {
  auto file = read_workload("memos = [1_000, 10_000, 100_000]\npayload_bytes = 65_536", "w.toml");
  ASSERT_TRUE(file);
  const std::uint64_t room = site_bytes(file->workload, 20'000, 0);
  std::vector<std::string> notes;
  ASSERT_TRUE(fit_to_room(*file, 0, room, notes));
  EXPECT_EQ(file->memos, (std::vector<std::uint64_t>{1'000, 10'000}));
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("reduced to 10000"), std::string::npos) << notes[0];
}

TEST(FitToRoom, ASingleSizeBecomesTheLargestThatFits) {
  auto file = read_workload("memos = 100_000\npayload_bytes = 65_536", "w.toml");
  ASSERT_TRUE(file);
  const std::uint64_t room = site_bytes(file->workload, 20'000, 2);
  std::vector<std::string> notes;
  ASSERT_TRUE(fit_to_room(*file, 2, room, notes));
  ASSERT_EQ(file->memos.size(), 1u);
  EXPECT_GE(file->memos[0], 20'000u);
  EXPECT_LE(site_bytes(file->workload, file->memos[0], 2), room);
  EXPECT_GT(site_bytes(file->workload, file->memos[0] + 100, 2), room);
}

TEST(FitToRoom, NoRoomAtAllIsAnError) {
  auto file = read_workload("", "w.toml");
  ASSERT_TRUE(file);
  std::vector<std::string> notes;
  EXPECT_EQ(fit_to_room(*file, 0, 1 << 20, notes).code(), StatusCode::full);
}

}  // namespace
}  // namespace memo
