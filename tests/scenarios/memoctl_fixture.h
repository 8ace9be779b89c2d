// Memoctl: a daemon whose pool real inference has filled, and memoctl to ask about it.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "tests/scenarios/scenario.h"

namespace memo::test {

class Memoctl : public testing::Test {
 protected:
  static constexpr int kTexts = 24;
  static constexpr int kLayers = 3;  // of tests/data/tiny-bert
  static constexpr int kHeads = 4;
  static constexpr int kMemos = kTexts * kLayers;

  // Every memo is published once and hit once.
  void SetUp() override {
    const std::string texts = scenario_.write_texts("texts.jsonl", kTexts);
    const std::string exact = scenario_.write_policy("lookup", 0);
    scenario_.start_daemon();
    (void)infer(scenario_, texts, scenario_.endpoint(), exact);
    (void)infer(scenario_, texts, scenario_.endpoint(), exact);
  }

  std::string live() const { return scenario_.endpoint(); }
  std::string path(const std::string& name) const { return scenario_.path(name); }

  Finished memoctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program("memoctl"));
    return run(arguments, scenario_.folder());
  }
  // What it prints with --json; fails the test when it fails.
  nlohmann::json json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const Finished finished = memoctl(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return finished.exit_code == 0 ? nlohmann::json::parse(finished.output) : nlohmann::json();
  }
  // It ends with `exit_code` and one line on stderr that has `words` in it, and prints nothing else.
  void expect_refusal(const std::vector<std::string>& arguments, int exit_code, const std::string& words) const {
    const Finished finished = memoctl(arguments);
    EXPECT_EQ(finished.exit_code, exit_code) << finished.errors;
    EXPECT_NE(finished.errors.find(words), std::string::npos) << finished.errors;
    EXPECT_EQ(finished.errors.find('\n') + 1, finished.errors.size()) << finished.errors;
    EXPECT_EQ(finished.output, "");
  }

  // All memos, largest first.
  nlohmann::json memos(const std::string& endpoint) const {
    return json({"ls", endpoint, "--limit", "1000", "--sort", "size"}).at("memos");
  }
  // Of the largest memo.
  std::string a_key() const { return memos(live()).at(0).at("key"); }

  Scenario scenario_;
};

}  // namespace memo::test
