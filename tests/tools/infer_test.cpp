#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>

#include <cmath>

#include "embed/training/torch_tensor.h"
#include "memod/store/local_store.h"
#include "model/text/text_model.h"
#include "tests/support/child_process.h"
#include "tests/support/random_bert.h"
#include "tests/support/temp_dir.h"
#include "tools/memo-infer/batch_runner.h"
#include "tools/memo-infer/result_writer.h"
#include "tools/memo-infer/summary.h"

namespace memo {
namespace {

// A token for each byte: the runner needs ids, whatever they mean.
class ByteTokenizer : public Tokenizer {
 public:
  std::vector<std::int32_t> encode(std::string_view text, std::size_t max_length) const override {
    std::vector<std::int32_t> ids{1};
    for (const char byte : text.substr(0, max_length - 2)) ids.push_back(static_cast<unsigned char>(byte) % 100);
    ids.push_back(2);
    return ids;
  }
  std::int32_t vocabulary_size() const override { return 100; }
  std::int32_t pad_id() const override { return 0; }
};

class BatchRunnerTest : public testing::Test {
 protected:
  BatchRunnerTest() {
    model_.checkpoint = test::random_bert();
    model_.tokenizer = std::make_unique<ByteTokenizer>();
    for (int i = 0; i < 13; ++i)
      texts_.push_back({std::to_string(i), std::string(static_cast<std::size_t>(i * i % 41), 'a' + i)});
  }
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "oneTBB is not instrumented, so ThreadSanitizer cannot see how it orders its tasks; "
                    "memoized_attention_test shares a plan among plain threads instead";
#endif
  }
  std::unique_ptr<MemoPlan> plan(MemoStore& store) {
    Policy policy = Policy::defaults(48, 3);
    policy.selection = Selection::fixed;  // every text is published, and looked up
    return std::move(*MemoPlan::make(model_.checkpoint, DataType::f32, policy, store));
  }
  BatchRunner runner(std::uint32_t threads, MemoPlan* plan) {
    engines_.push_back(std::move(*Engine::make(model_.checkpoint, {DataType::f32, threads})));
    return BatchRunner(model_, *engines_.back(), 48, plan);
  }
  at::Tensor embed(BatchRunner runner, std::span<const Text> texts) {
    return to_torch(runner.run(texts).embeddings);
  }

  TextModel model_;
  std::vector<Text> texts_;  // the first is empty
  std::vector<std::unique_ptr<Engine>> engines_;
};

TEST_F(BatchRunnerTest, EmbeddingsComeInTheOrderOfTheTextsWhateverTheThreads) {
  const at::Tensor together = embed(runner(3, nullptr), texts_);
  BatchRunner alone = runner(1, nullptr);
  for (std::size_t i = 0; i < texts_.size(); ++i)
    EXPECT_TRUE(at::allclose(together[static_cast<std::int64_t>(i)],
                             to_torch(alone.run({&texts_[i], 1}).embeddings)[0], 1e-4, 1e-5))
        << i;
}

TEST_F(BatchRunnerTest, MoreThreadsThanTextsWork) {
  EXPECT_EQ(embed(runner(8, nullptr), {texts_.data(), 2}).size(0), 2);
}

TEST_F(BatchRunnerTest, WorkersShareOnePlanAndItsStore) {
  const test::TempDir folder;
  const auto store = std::move(*open_local_store({folder.file("pool"), 64 << 20, false}));
  const auto shared = plan(*store);
  BatchRunner first = runner(3, shared.get());
  (void)first.run(texts_);
  BatchRunner second = runner(2, shared.get());
  const at::Tensor memoized = to_torch(second.run(texts_).embeddings);
  for (const LayerCounters& layer : second.figures().layers) EXPECT_EQ(layer.exact_hits, texts_.size());
  EXPECT_TRUE(at::allclose(memoized, embed(runner(1, nullptr), texts_), 1e-2, 1e-2));
}

TEST_F(BatchRunnerTest, WarmUpLeavesNoTrace) {
  const test::TempDir folder;
  const auto store = std::move(*open_local_store({folder.file("pool"), 64 << 20, false}));
  const auto shared = plan(*store);
  BatchRunner sut = runner(2, shared.get());
  sut.warm_up(texts_);
  EXPECT_EQ(sut.figures().tokens, 0u);
  EXPECT_EQ(sut.figures().forward_s, 0);
  for (const LayerCounters& layer : sut.figures().layers) EXPECT_EQ(layer.lookups + layer.computed, 0u);
  EXPECT_EQ(store->publish_counts().acknowledged, 0u);
}

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
