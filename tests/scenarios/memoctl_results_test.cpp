// memoctl on whole results: memos without features, heads and maps.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstring>

#include "tests/scenarios/scenario.h"

namespace memo::test {
namespace {

constexpr int kResults = 12;

class MemoctlResults : public testing::Test {
 protected:
  void SetUp() override {
    scenario_.start_daemon();
    const std::string texts = scenario_.write_texts("texts.jsonl", kResults);
    first_ = infer(scenario_, texts, scenario_.endpoint());
  }
  Finished memoctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program("memoctl"));
    arguments.insert(arguments.begin() + 2, scenario_.endpoint());
    return run(arguments, scenario_.folder());
  }
  nlohmann::json json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const Finished finished = memoctl(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return nlohmann::json::parse(finished.output);
  }
  std::string a_key() const { return json({"ls"}).at("memos").at(0).at("key"); }
  // The result is one of those that were written.
  bool was_written(const std::vector<double>& numbers) const {
    for (const auto& [id, embedding] : first_.embeddings) {
      std::vector<float> left(embedding.begin(), embedding.end()), right(numbers.begin(), numbers.end());
      if (left == right) return true;
    }
    return false;
  }

  Scenario scenario_;
  Inference first_;
};

TEST_F(MemoctlResults, InfoAndListSayTheirKind) {
  const auto space = json({"info"}).at("spaces").at(0);
  EXPECT_EQ(space.at("kind"), "output");
  EXPECT_EQ(space.at("feature_dimension"), 0);
  EXPECT_EQ(space.at("memos"), kResults);
  EXPECT_NE(memoctl({"info"}).output.find("found by key only"), std::string::npos) << memoctl({"info"}).output;
  EXPECT_EQ(json({"ls"}).at("memos").size(), std::size_t{kResults});
}

TEST_F(MemoctlResults, ShowSaysThatOnlyTheKeyFindsIt) {
  const Finished shown = memoctl({"show", a_key()});
  EXPECT_EQ(shown.exit_code, 0) << shown.errors;
  EXPECT_NE(shown.output.find("feature     none: only its key finds the memo"), std::string::npos) << shown.output;
  EXPECT_EQ(json({"show", a_key()}).at("feature").size(), 0u);
}

TEST_F(MemoctlResults, DumpHoldsTheNumbersThatInferWrote) {
  EXPECT_TRUE(was_written(json({"dump", a_key()}).at("values").get<std::vector<double>>()));
  EXPECT_NE(memoctl({"dump", a_key()}).output.find("floats, L2 norm 1"), std::string::npos);
  const Finished npy = memoctl({"dump", a_key(), "--output", "-"});
  ASSERT_EQ(npy.exit_code, 0) << npy.errors;
  std::vector<float> values(first_.embeddings.begin()->second.size());
  ASSERT_GE(npy.output.size(), values.size() * sizeof(float));
  EXPECT_NE(npy.output.find("'shape': (" + std::to_string(values.size()) + ",)"), std::string::npos);
  std::memcpy(values.data(), npy.output.data() + npy.output.size() - values.size() * sizeof(float),
              values.size() * sizeof(float));
  EXPECT_TRUE(was_written({values.begin(), values.end()}));
}

TEST_F(MemoctlResults, WhatResultsHaveNotIsRefused) {
  EXPECT_NE(memoctl({"dump", a_key(), "--head", "1"}).errors.find("which has no heads"), std::string::npos);
  EXPECT_NE(memoctl({"dump", a_key(), "--output", scenario_.path("a.png")}).errors.find("which has no picture"),
            std::string::npos);
}

TEST_F(MemoctlResults, AClosedPoolIsSound) {
  scenario_.stop_daemon();
  const Finished check = run({program("memoctl"), "check", scenario_.pool(), "--json"}, scenario_.folder());
  EXPECT_EQ(check.exit_code, 0) << check.errors;
  EXPECT_EQ(nlohmann::json::parse(check.output).at("checked"), kResults);
}

}  // namespace
}  // namespace memo::test
