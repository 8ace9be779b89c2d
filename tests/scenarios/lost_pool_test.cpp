// A pool that is truncated while it is used.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "memo/attach.h"
#include "tests/scenarios/scenario.h"
#include "tests/support/eventually.h"
#include "tests/support/pool/memo_fixtures.h"

namespace memo::test {
namespace {

class LostPool : public testing::Test {
 protected:
  void truncate_pool() const { ASSERT_EQ(::truncate(scenario_.pool().c_str(), 4096), 0); }
  static std::ptrdiff_t count_lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }
  static bool ended(ChildProcess& child) {
    return eventually([&] { return !child.running(); });
  }

  Scenario scenario_;
  const std::string texts_ = scenario_.write_texts("texts.jsonl", 40);
};

// The second half of the texts is the first once more: their maps are found, and gone when they are read.
TEST_F(LostPool, UnderWayCostsNoResult) {
  scenario_.start_daemon();
  const std::string input = scenario_.path("fifo");
  ASSERT_EQ(::mkfifo(input.c_str(), 0600), 0);
  std::filesystem::create_directory(scenario_.path("infer"));
  ChildProcess sut({program("memo-infer"), "--model", Scenario::model(), "--input", input, "--length", "48",
                    "--batch", "2", "--warmup", "0", "--memo", scenario_.endpoint(), "--policy",
                    scenario_.write_policy("lookup", 0), "--output", "-"},
                   scenario_.path("infer"));
  std::ofstream lines(input);
  const std::string texts = read_file(texts_);
  lines << texts << std::flush;
  ASSERT_TRUE(eventually([&] { return count_lines(sut.output()) >= 30; }));
  truncate_pool();
  lines << texts << std::flush;
  lines.close();
  EXPECT_EQ(sut.wait(), 0) << sut.errors();
  const std::string results = sut.output();
  ASSERT_EQ(count_lines(results), 80);
  std::ofstream(scenario_.path("results")) << results;
  const Inference plain = infer(scenario_, texts_, "none");
  std::ifstream file(scenario_.path("results"));
  for (std::string line; std::getline(file, line);) {
    const auto result = nlohmann::json::parse(line);
    const std::vector<double> embedding = result.at("embedding");
    double cosine = 0;
    for (std::size_t i = 0; i < embedding.size(); ++i)
      cosine += embedding[i] * plain.embeddings.at(result.at("id"))[i];
    EXPECT_GT(cosine, 0.9999) << line.substr(0, 40);
  }
}

TEST_F(LostPool, DaemonEndsWithALineAndInferenceGoesOn) {
  scenario_.start_daemon();
  const Inference plain = infer(scenario_, texts_, "none");
  (void)infer(scenario_, texts_, scenario_.endpoint(), scenario_.write_policy("lookup", 0));
  truncate_pool();
  // Whether its lookups or its publishes find out first: the daemon ends, and all texts are answered.
  const std::string more = scenario_.write_texts("more.jsonl", 40, 40);
  const Inference after = infer(scenario_, texts_, scenario_.endpoint(), scenario_.write_policy("lookup", 0));
  EXPECT_GT(least_cosine(plain.embeddings, after.embeddings), 0.999);
  (void)infer(scenario_, more, scenario_.endpoint(), scenario_.write_policy("lookup", 0));
  ASSERT_TRUE(ended(scenario_.daemon()));
  EXPECT_EQ(scenario_.daemon().wait(), 1);
  EXPECT_NE(scenario_.daemon().errors().find("was truncated under way, or its storage failed"), std::string::npos)
      << scenario_.daemon().errors();
}

// Something else than memod changes what libpmemobj keeps in the pool.
TEST_F(LostPool, DaemonOfADamagedPoolServesWhatItHoldsAndSaysSo) {
  scenario_.start_daemon();
  const Inference plain = infer(scenario_, texts_, "none");
  const std::string policy = scenario_.write_policy("lookup", 0);
  (void)infer(scenario_, texts_, scenario_.endpoint(), policy);
  std::fstream pool(scenario_.pool(), std::ios::in | std::ios::out | std::ios::binary);
  pool.seekp(4096 + 100);
  pool << 'x' << std::flush;
  const Inference again = infer(scenario_, texts_, scenario_.endpoint(), policy);
  EXPECT_GE(again.count("exact_hits"), 40u);
  EXPECT_GT(least_cosine(plain.embeddings, again.embeddings), 0.999);
  // Another space would need an entry in the pool's tables.
  const auto client = attach(scenario_.endpoint());
  ASSERT_TRUE(client.is_ok()) << client.status().message();
  const Status refused = (*client)->open_space(small_space()).status();
  EXPECT_NE(refused.message().find("is damaged"), std::string::npos) << refused.message();
  EXPECT_TRUE(scenario_.daemon().running());
  const Finished info = run({program("memoctl"), "info", scenario_.endpoint()}, scenario_.folder());
  EXPECT_NE(info.output.find("damaged while in use"), std::string::npos) << info.output;
  EXPECT_NE(scenario_.daemon().errors().find("libpmemobj's descriptor fails its checksum"), std::string::npos)
      << scenario_.daemon().errors();
}

}  // namespace
}  // namespace memo::test
