// memo-bench paper from a file of texts to its figures, on a tiny model.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"
#include "tests/support/tiny_texts.h"
#include "tools/memo-bench/paper/ground/paper_bench.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

class PaperRun : public testing::Test {
 protected:
  PaperRun() {
    options_.model = std::string(MEMO_SOURCE_DIR) + "/tests/data/tiny-bert";
    options_.source.path = folder_.file("texts.jsonl");
    options_.label_field = "label";
    options_.folder = folder_.file("pools");
    std::filesystem::create_directory(options_.folder);
    options_.lengths = {16};
    options_.dtypes = {"f32"};
    options_.distances = {0.2f, 0.5f, 1};
    options_.sizes = {20, 60, 1000};
    options_.probed = 16;
    options_.cost_texts = 24;
    options_.rounds = 1;
    options_.families = {"minilm"};
    options_.batches = {1};
    texts_.write(options_.source.path, 200);
  }

  // Fails the test when the run fails.
  Json run(const std::string& experiment) {
    options_.experiments = {experiment};
    const auto result = run_paper_bench(options_);
    EXPECT_TRUE(result) << result.status().message();
    EXPECT_TRUE(std::filesystem::is_empty(options_.folder));
    return result ? result->value(experiment, Json::object()) : Json::object();
  }

  test::TempDir folder_;
  test::TinyTexts texts_;
  PaperBench options_;
};

TEST_F(PaperRun, RateRisesFromTheSameTextsToAllMaps) {
  const Json threshold = run("threshold");
  EXPECT_EQ(threshold.at("texts"), 50);
  EXPECT_EQ(threshold.at("repeats"), 0);
  const Json& rows = threshold.at("rows");
  ASSERT_EQ(rows.size(), 1 + options_.similarities.size() + options_.distances.size() + 1);
  EXPECT_EQ(rows.front().at("rate"), 0);
  EXPECT_EQ(rows.back().at("rate"), 1);
  EXPECT_EQ(rows.back().at("rate_by_key"), 0);
  double rate = 0;
  for (std::size_t i = 1 + options_.similarities.size(); i < rows.size(); ++i) {
    EXPECT_GE(rows[i].at("rate").get<double>(), rate);
    rate = rows[i]["rate"];
  }
}

TEST_F(PaperRun, NothingIsLostWhereNothingIsRead) {
  const Json rows = run("threshold").at("rows");
  EXPECT_NEAR(rows.front().at("cosine").get<double>(), 1, 1e-6);
  EXPECT_EQ(rows.front().at("lost").at("mean"), 0);
  EXPECT_LT(rows.back().at("cosine").get<double>(), 1);
  for (const Json& row : rows) {
    EXPECT_GE(row.at("read_similarity").get<double>(), 0);
    EXPECT_LE(row.at("read_similarity").get<double>(), 1 + 1e-6);
    EXPECT_EQ(row.at("errors"), 0);
    EXPECT_EQ(row.at("max_distance").size(), row.at("rate_by_layer").size());
  }
}

TEST_F(PaperRun, StoredTextsAmongTheTestedAreFoundByKey) {
  // The same text again and again, so that some are stored and some are tested.
  const std::string again = texts_.line(1000, "a");
  std::ofstream file(options_.source.path, std::ios::app);
  for (int i = 0; i < 40; ++i) file << again;
  file.close();
  const Json threshold = run("threshold");
  const double repeats = threshold.at("repeats");
  EXPECT_GT(repeats, 0);
  const Json& first = threshold.at("rows").front();
  EXPECT_NEAR(first.at("rate").get<double>(), repeats / threshold.at("texts").get<double>(), 1e-9);
  EXPECT_EQ(first["rate"], first["rate_by_key"]);
  EXPECT_GT(first.at("cosine").get<double>(), 0.999);
}

TEST_F(PaperRun, TextsWithoutLabelsHaveNoAccuracy) {
  options_.label_field = "";
  const Json threshold = run("threshold");
  EXPECT_FALSE(threshold.contains("plain"));
  EXPECT_FALSE(threshold.at("rows").front().contains("accuracy"));
  EXPECT_TRUE(threshold["rows"].front().contains("cosine"));
}

TEST_F(PaperRun, MoreStoredTextsAreMoreMaps) {
  const Json rows = run("size").at("rows");
  ASSERT_EQ(rows.size(), 2u);  // there are no 1000 texts
  for (const Json& row : rows) {
    EXPECT_EQ(row.at("maps"), 3 * row.at("texts").get<int>());  // of three layers
    EXPECT_EQ(row.at("nearest").at("found"), 1);
    EXPECT_LE(row.at("payload_bytes").get<double>(), row.at("pool_bytes").get<double>());
  }
  EXPECT_GT(rows[1].at("nearest").at("similarity").get<double>(), 0);
}

TEST_F(PaperRun, CostTellsHitsFromMisses) {
  const Json types = run("cost").at("types");
  ASSERT_EQ(types.size(), 1u);
  const Json& runs = types[0].at("runs");
  EXPECT_EQ(runs.at("by_key").at("hit_share"), 1);
  EXPECT_EQ(runs.at("similar").at("hit_share"), 1);
  EXPECT_EQ(runs.at("miss").at("hit_share"), 0);
  EXPECT_GT(runs["miss"].at("publish_us").get<double>(), 0);
  EXPECT_EQ(runs["by_key"].at("publish_us"), 0);
  EXPECT_EQ(runs["by_key"].at("attention_us"), 0);
  EXPECT_EQ(runs.at("plain").at("search_us"), 0);
}

TEST_F(PaperRun, LatencyNeedsNeitherModelNorTexts) {
  options_.model = options_.source.path = "";
  const Json latency = run("latency");
  ASSERT_EQ(latency.at("cases").size(), 1u);
  EXPECT_EQ(latency["cases"][0].at("model"), "minilm");
  EXPECT_EQ(latency["cases"][0].at("threads"), 2);
}

TEST_F(PaperRun, SuiteHasPageFiguresAndPictures) {
  options_.suite = folder_.file("suite");
  options_.json = folder_.file("figures.json");
  (void)run("size");
  for (const char* file : {"paper.md", "paper.json", "size.svg"})
    EXPECT_TRUE(std::filesystem::exists(options_.suite + "/" + file)) << file;
  EXPECT_EQ(Json::parse(std::ifstream(options_.json)), Json::parse(std::ifstream(options_.suite + "/paper.json")));
}

}  // namespace
}  // namespace memo
