// memo-infer writes the states of tokens, from the pool the second time, and memoctl shows them.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <sstream>

#include "tests/scenarios/scenario.h"

namespace memo::test {
namespace {

constexpr int kStatesTexts = 20;

class TokenEmbeddings : public testing::Test {
 protected:
  void SetUp() override { texts_ = scenario_.write_texts("texts.jsonl", kStatesTexts); }

  Finished run_with(const std::string& memo, std::vector<std::string> more) {
    std::vector<std::string> command = scenario_.infer_command(texts_, memo, scenario_.path("states.jsonl"));
    command.insert(command.end(), more.begin(), more.end());
    return run(command, scenario_.folder());
  }
  // The lines that were written.
  std::string infer_states(const std::string& memo) {
    const Finished finished = run_with(memo, {"--token-embeddings"});
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    return read_file(scenario_.path("states.jsonl"));
  }
  std::uint64_t hits() const {
    const auto summary = nlohmann::json::parse(read_file(scenario_.path("states.jsonl.summary")));
    return summary.at("outputs").at("hits").get<std::uint64_t>();
  }
  Finished memoctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program("memoctl"));
    arguments.insert(arguments.begin() + 2, scenario_.endpoint());
    return run(arguments, scenario_.folder());
  }
  nlohmann::json json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    return nlohmann::json::parse(memoctl(arguments).output);
  }

  Scenario scenario_;
  std::string texts_;
};

TEST_F(TokenEmbeddings, AreAListForEachTokenAndTheSameFromThePool) {
  const std::string plain = infer_states("none");
  std::istringstream lines(plain);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const auto first = nlohmann::json::parse(line);
  EXPECT_EQ(first.size(), 2u) << "an id and token_embeddings";
  EXPECT_GT(first.at("token_embeddings").size(), 2u);
  for (const auto& token : first.at("token_embeddings")) EXPECT_EQ(token.size(), 64u);
  scenario_.start_daemon();
  EXPECT_EQ(infer_states(scenario_.endpoint()), plain);
  EXPECT_EQ(hits(), 0u);
  EXPECT_EQ(infer_states(scenario_.endpoint()), plain);
  EXPECT_EQ(hits(), std::uint64_t{kStatesTexts});
}

TEST_F(TokenEmbeddings, AreShownByMemoctlTokenByToken) {
  scenario_.start_daemon();
  const std::string written = infer_states(scenario_.endpoint());
  const auto memo = json({"ls"}).at("memos").at(0);
  const std::string key = memo.at("key");
  EXPECT_EQ(json({"show", key}).at("kind"), "states");
  const auto values = json({"dump", key}).at("values");
  const std::size_t tokens = memo.at("length");
  ASSERT_EQ(values.size(), tokens);
  EXPECT_NE(written.find(values[0][0].dump().substr(0, 6)), std::string::npos);
  EXPECT_NE(memoctl({"dump", key}).output.find("token 1     "), std::string::npos);
  const Finished npy = memoctl({"dump", key, "--output", "-"});
  EXPECT_NE(npy.output.find("'shape': (" + std::to_string(tokens) + ", 64)"), std::string::npos);
  EXPECT_NE(memoctl({"dump", key, "--head", "0"}).errors.find("states of tokens, which have no heads"),
            std::string::npos);
}

TEST_F(TokenEmbeddings, StandForNoOtherResult) {
  for (const std::vector<std::string>& other :
       std::vector<std::vector<std::string>>{{"--embeddings"}, {"--top-k", "1"}, {"--head", "h.json"}}) {
    std::vector<std::string> both = other;
    both.emplace_back("--token-embeddings");
    const Finished refused = run_with("none", both);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.errors.find(other.front() + " excludes --token-embeddings"), std::string::npos)
        << refused.errors;
  }
}

}  // namespace
}  // namespace memo::test
