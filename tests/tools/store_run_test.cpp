// Tiny real runs: a daemon, client processes, and the peers that this build has.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "tests/support/child_process.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"
#include "tools/memo-bench/store/bench.h"
#include "tools/memo-bench/store/peers/peers.h"
#include "tools/memo-bench/store/report/help.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

class StoreRun : public testing::Test {
 protected:
  StoreRun() {
    std::filesystem::create_directory(folder_.file("run"));
    options_.folder = folder_.file("run");
    options_.rounds = 2;
    options_.idle = std::chrono::milliseconds(50);
  }

  void add_workload(const std::string& name, const std::string& text) {
    std::ofstream(folder_.file(name + ".toml")) << text;
    options_.workloads.push_back(folder_.file(name + ".toml"));
  }
  // Fails the test when the run fails.
  Json cases() {
    const auto result = run_store_bench(options_);
    EXPECT_TRUE(result) << result.status().message();
    return result ? (*result)["cases"] : Json::array();
  }
  bool leaves_nothing() const {
    const bool no_children = ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
    return no_children && std::filesystem::is_empty(options_.folder);
  }

  test::TempDir folder_;
  StoreBench options_;
};

constexpr char kTiny[] = "memos = 200\npayload_bytes = 1_024\nfeature_dimension = 32\n";

std::set<std::string> keys_of(const Json& json) {
  std::set<std::string> keys;
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) keys.insert(key);
    if (!value.is_structured()) continue;
    const auto inner = keys_of(value);
    keys.insert(inner.begin(), inner.end());
  }
  return keys;
}

TEST_F(StoreRun, SimilarLookupsHitAsConfiguredAndFindTheNearest) {
  add_workload("similar",
               std::string(kTiny) +
                   "lookup = \"similar\"\nhit_ratio = 0.5\nbatch = 4\noperations = 500\nrecall_queries = 100\n"
                   "read_payload = true\nclients = 2");
  const Json measured = cases().at(0);
  const Json& memod = measured["memod"];
  EXPECT_EQ(memod["lookup_us"]["count"], 2 * 2 * 500);
  EXPECT_NEAR(memod["hit_ratio"].get<double>(), 0.5, 0.05);
  EXPECT_EQ(memod["missed"], 0);
  EXPECT_EQ(memod["wrong"], 0);
  EXPECT_EQ(memod["failed"], 0);
  EXPECT_EQ(measured["recall"]["recall_at_1"], 1.0);  // so few memos are compared one by one
  EXPECT_GT(measured["recall"]["queries"], 90);
  EXPECT_GE(memod["fairness"], 1.0);
  EXPECT_GT(memod["server_cpu_us"], 0.0);
  EXPECT_GT(memod["client_cpu_us"], 0.0);
  EXPECT_GT(measured["daemon"]["anonymous_bytes"], 0);
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(StoreRun, PublishedMemosAreCountedAndMakeRoomForTheNextRound) {
  add_workload("publish", std::string(kTiny) + "publish_share = 0.5\noperations = 400\nread_payload = true");
  options_.rounds = 5;
  const Json measured = cases().at(0);
  const Json& memod = measured["memod"];
  EXPECT_NEAR(memod["publish"]["published"].get<double>(), 5 * 200, 150);
  EXPECT_EQ(memod["publish"]["published"], memod["publish"]["call_us"]["count"]);
  EXPECT_EQ(memod["publish"]["refused"], 0);
  EXPECT_GT(memod["publish"]["bytes_per_s"], 0.0);
  EXPECT_EQ(memod["hit_ratio"], 1.0);  // what was there before is not what is evicted
  EXPECT_EQ(memod["wrong"], 0);
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(StoreRun, SizesAndClientsMakeACaseEach) {
  add_workload("sweep",
               "memos = [50, 200]\nclients = [1, 2]\npayload_bytes = 64\nfeature_dimension = 32\noperations = 50");
  options_.plot = folder_.file("plots");
  std::vector<std::pair<int, int>> measured;
  for (const Json& one : cases()) {
    measured.emplace_back(one["memos"], one["clients"]);
    EXPECT_EQ(one["memod"]["missed"], 0);
  }
  EXPECT_EQ(measured, (std::vector<std::pair<int, int>>{{50, 1}, {50, 2}, {200, 1}, {200, 2}}));
  EXPECT_TRUE(std::filesystem::exists(folder_.file("plots/sweep.svg")));
}

TEST_F(StoreRun, EveryKeyOfTheJsonIsInTheHelp) {
  add_workload("both", std::string(kTiny) +
                           "lookup = \"similar\"\npublish_share = 0.1\noperations = 50\nrecall_queries = 5");
  const Json measured = cases();
  const std::string help = kStoreBenchHelp;
  for (const std::string& key : keys_of(measured)) EXPECT_NE(help.find(key), std::string::npos) << key;
  for (const char* key : {"lookup_us", "lookups_per_s", "read_bytes_per_s", "hit_ratio", "publish",
                          "client_cpu_us", "server_cpu_us", "fairness", "missed", "wrong", "revoked", "failed"})
    EXPECT_TRUE(measured.at(0)["memod"].contains(key)) << key;
  for (const char* key : {"empty_bytes", "anonymous_bytes", "bytes_per_memo", "bytes_beside_feature",
                          "idle_cpu_share", "fill_s", "indexed_s"})
    EXPECT_TRUE(measured.at(0)["daemon"].contains(key)) << key;
  for (const char* key : {"count", "p50", "p90", "p99", "p999", "max"})
    EXPECT_TRUE(measured.at(0)["memod"]["lookup_us"].contains(key)) << key;
}

TEST_F(StoreRun, ASuiteIsATableAPictureAndTheFigures) {
  add_workload("sizes", "memos = [50, 100]\npayload_bytes = 64\nfeature_dimension = 32\noperations = 50");
  options_.suite = folder_.file("suite");
  (void)cases();
  const std::string table = test::read_file(folder_.file("suite/store.md"));
  EXPECT_NE(table.find("| sizes | 100 | 1 | memod |"), std::string::npos) << table;
  EXPECT_NE(table.find("![sizes.svg](sizes.svg)"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(folder_.file("suite/sizes.svg")));
  EXPECT_EQ(Json::parse(test::read_file(folder_.file("suite/store.json")))["cases"].size(), 2u);
}

TEST_F(StoreRun, ASignalEndsEverythingThatWasStarted) {
  add_workload("long", std::string(kTiny) + "seconds = 60");
  const std::thread::native_handle_type self = ::pthread_self();
  std::thread interrupter([&] {
    // A daemon listens: the signals are caught by now.
    const auto listens = [&] {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(
               options_.folder, std::filesystem::directory_options::skip_permission_denied))
        if (entry.path().filename() == "socket") return true;
      return false;
    };
    EXPECT_TRUE(test::eventually(listens));
    ::pthread_kill(self, SIGINT);
  });
  const auto result = run_store_bench(options_);
  interrupter.join();
  EXPECT_EQ(result.status().message(), "interrupted");
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(StoreRun, AnUnknownPeerIsRefused) {
  options_.peers = {"oracle"};
  EXPECT_EQ(run_store_bench(options_).status().message(),
            "--peers: oracle is not one of redis, memcached, lmdb, rocksdb");
}

class PeerRun : public StoreRun, public testing::WithParamInterface<const char*> {};

TEST_P(PeerRun, AnswersTheSameLookups) {
  if (const Status usable = check_peer(*find_peer(GetParam())); !usable) GTEST_SKIP() << usable.message();
  options_.peers = {GetParam()};
  const std::string lookups =
      "hit_ratio = 0.75\nzipf_skew = 0.9\noperations = 300\nread_payload = true\nclients = 2\n";
  add_workload("one", kTiny + lookups);
  add_workload("batch", kTiny + lookups + "batch = 4\n");
  const Json measured = cases();
  ASSERT_EQ(measured.size(), 2u);
  for (const Json& one : measured) {
    const Json& peer = one["peers"][GetParam()];
    EXPECT_EQ(peer["lookup_us"]["count"], 2 * 2 * 300);
    EXPECT_EQ(peer["hit_ratio"], one["memod"]["hit_ratio"]);  // both were asked the same
    EXPECT_EQ(peer["missed"], 0);
    EXPECT_EQ(peer["wrong"], 0);
    EXPECT_EQ(peer["failed"], 0) << peer;
    EXPECT_GT(peer["memod_over_peer"]["p50"], 0.0);
  }
  EXPECT_TRUE(leaves_nothing());
}
INSTANTIATE_TEST_SUITE_P(Peers, PeerRun, testing::Values("redis", "memcached", "lmdb", "rocksdb"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Peers, WhatIsMissingNamesThePackages) {
  const PeerInfo absent{
      .name = "redis", .packages = "redis-server libhiredis-dev", .server = "redis-server", .built_in = false};
  EXPECT_EQ(check_peer(absent).message(),
            "redis is not built in; apt-get install redis-server libhiredis-dev, then build again");
  const PeerInfo unserved{.name = "x", .packages = "x-server", .server = "no-such-server", .built_in = true};
  EXPECT_EQ(check_peer(unserved).message(), "no-such-server is not installed; apt-get install x-server");
}

}  // namespace
}  // namespace memo
