#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>

#include <cmath>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"
#include "tools/memo-infer/result_writer.h"
#include "tools/memo-infer/summary.h"

namespace memo {
namespace {

TEST(Percentile, IsTheNearestRank) {
  const std::vector<double> values{4, 1, 3, 2, 5};
  EXPECT_EQ(percentile(values, 0.5), 3);
  EXPECT_EQ(percentile(values, 0.99), 5);
  EXPECT_EQ(percentile(values, 0), 1);
  EXPECT_EQ(percentile({7}, 0.5), 7);
  EXPECT_EQ(percentile({}, 0.5), 0);
}

TEST(ResultWriter, WritesWhatWasAskedFor) {
  const test::TempDir folder;
  const Text texts[] = {{R"("a\"b")", "text"}};
  const Tensor embeddings = Tensor::of({1, 2}, std::array{0.25f, -1.5f});
  const Tensor logits = Tensor::of({1, 3}, std::array{-1.0f, 2.0f, 2.0f + std::log(3.0f)});
  const TaskHead head{{{"ham", {1, 0}, 0}}};
  ModelConfig config;
  config.labels = {"a", "b", "c"};
  std::optional<std::uint32_t> top_k;
  const auto line = [&](std::optional<TaskHead> with, bool also_embeddings) {
    ResultWriter writer(std::move(*OutputFile::create(folder.file("out"))), config,
                        {std::move(with), also_embeddings, top_k});
    EXPECT_TRUE(writer.write(texts, {embeddings, logits}) && writer.close());
    return nlohmann::json::parse(test::read_file(folder.file("out")));
  };
  EXPECT_EQ(line({}, false), nlohmann::json::parse(R"({"id": "a\"b", "embedding": [0.25, -1.5]})"));
  EXPECT_EQ(line(head, false).size(), 3u);
  EXPECT_EQ(line(head, false).at("label"), "ham");
  EXPECT_EQ(line(head, true).at("embedding").size(), 2u);
  config.task = Task::classification;
  EXPECT_EQ(line({}, false).at("label"), "c");
  EXPECT_NEAR(line({}, false).at("score").get<double>(), 3 / (4 + std::exp(-3)), 1e-6);
  EXPECT_EQ(line({}, true).at("embedding").size(), 2u);
  EXPECT_EQ(line(head, false).at("label"), "ham");
  config.task = Task::next_token;
  EXPECT_EQ(line({}, false).at("next_token"), 2);
  top_k = 2;
  EXPECT_EQ(line({}, false).at("next_tokens").size(), 2u);
  config.task = Task::classification;
  config.score_function = ScoreFunction::identity;
  EXPECT_EQ(line({}, false).at("labels")[0].at("label"), "c");
  EXPECT_EQ(line({}, false).at("labels")[1], nlohmann::json::parse(R"({"label": "b", "score": 2})"));
  top_k = 0;
  EXPECT_EQ(line({}, false).at("labels").size(), 3u);
  EXPECT_EQ(line(head, false).at("labels").size(), 1u);
}

TEST(ResultWriter, WritesTheStatesOfEachToken) {
  const test::TempDir folder;
  const Text texts[] = {{"1", "a"}, {"2", "b"}};
  const Tensor states[] = {Tensor::of({2, 2}, std::array{0.25f, 1.0f, 2.0f, 3.0f}),
                           Tensor::of({1, 2}, std::array{0.5f, INFINITY})};
  ResultWriter sut(std::move(*OutputFile::create(folder.file("out"))), {}, {});
  EXPECT_NE(sut.write(texts, states).message().find("id 2"), std::string::npos);
  EXPECT_TRUE(sut.write({texts, 1}, {states, 1}) && sut.close());
  EXPECT_EQ(test::read_file(folder.file("out")), "{\"id\":1,\"token_embeddings\":[[0.25,1],[2,3]]}\n");
}

TEST(ResultWriter, ANumberThatIsNotFiniteIsAnErrorThatNamesTheText) {
  const test::TempDir folder;
  const Text texts[] = {{"7", "text"}};
  const ModelConfig config;
  ResultWriter sut(std::move(*OutputFile::create(folder.file("out"))), config, {});
  const Status status = sut.write(texts, {Tensor::of({1, 2}, std::array{INFINITY, 1.0f}), {}});
  EXPECT_EQ(status.code(), StatusCode::internal);
  EXPECT_NE(status.message().find("id 7"), std::string::npos) << status.message();
}

TEST(InferOptions, CombinationsThatMakeNoSenseAreUsageErrors) {
  InferOptions options;
  EXPECT_TRUE(options.validate());
  options.policy = "p.toml";
  EXPECT_FALSE(options.validate());
  options.memo = "file:pool";
  EXPECT_TRUE(options.validate());
  options.pool_size = "lots";
  EXPECT_FALSE(options.validate());
  options.pool_size = "1GiB";
  options.memo = "tcp:host";
  EXPECT_FALSE(options.validate());
}

}  // namespace
}  // namespace memo
