// The one door to a model: texts in, results out, plain and memoized, whatever batch and threads.
#include "model/text_model/text_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "embed/training/torch_tensor.h"
#include "memod/store/local_store.h"
#include "tests/model/text_model/byte_tokenizer.h"
#include "tests/support/random_bert.h"
#include "tests/support/temp_dir.h"

namespace memo {
namespace {

class TextModelTest : public testing::Test {
 protected:
  TextModelTest() {
    loaded_.checkpoint = test::random_bert();
    loaded_.tokenizer = std::make_unique<test::ByteTokenizer>();
    for (int i = 0; i < 13; ++i) texts_.push_back(std::string(static_cast<std::size_t>(i * i % 41), 'a' + i));
    for (const std::string& text : texts_) inputs_.push_back({text});
  }
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "oneTBB is not instrumented, so ThreadSanitizer cannot see how it orders its tasks; "
                    "memoized_attention_test shares a plan among plain threads instead";
#endif
    store_ = std::move(*open_local_store({folder_.file("pool"), 64 << 20, false}));
  }
  static Policy every_text_is_published_and_looked_up() {
    Policy policy = Policy::defaults(48, 3);
    policy.selection = Selection::fixed;
    return policy;
  }
  std::unique_ptr<TextModel> plain(std::uint32_t threads) {
    return std::move(*TextModel::plain(loaded_, {DataType::f32, threads}, 48));
  }
  std::unique_ptr<TextModel> memoized(std::uint32_t threads) {
    return std::move(
        *TextModel::memoized(loaded_, every_text_is_published_and_looked_up(), {DataType::f32, threads}, *store_));
  }
  at::Tensor embed(TextModel& model, std::span<const TextInput> inputs) {
    return to_torch(model.run(inputs).embeddings);
  }
  void expect_all_hit(const TextModel& model) {
    for (const LayerCounters& layer : model.figures().layers) EXPECT_EQ(layer.exact_hits, texts_.size());
  }

  LoadedModel loaded_;
  std::vector<std::string> texts_;  // the first is empty
  std::vector<TextInput> inputs_;
  test::TempDir folder_;
  std::unique_ptr<MemoStore> store_;
};

TEST_F(TextModelTest, EmbeddingsComeInTheOrderOfTheTextsWhateverTheThreads) {
  const at::Tensor together = embed(*plain(3), inputs_);
  const auto alone = plain(1);
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    EXPECT_TRUE(
        at::allclose(together[static_cast<std::int64_t>(i)], embed(*alone, {&inputs_[i], 1})[0], 1e-4, 1e-5))
        << i;
}

TEST_F(TextModelTest, MoreThreadsThanTextsWork) {
  EXPECT_EQ(embed(*plain(8), {inputs_.data(), 2}).size(0), 2);
}

TEST_F(TextModelTest, ModelsFindWhatOthersHavePublished) {
  (void)memoized(3)->run(inputs_);
  const auto second = memoized(2);
  const at::Tensor found = embed(*second, inputs_);
  expect_all_hit(*second);
  EXPECT_TRUE(at::allclose(found, embed(*plain(1), inputs_), 1e-2, 1e-2));
}

TEST_F(TextModelTest, OneEngineServesPlainAndMemoized) {
  const auto computing = plain(2);
  const auto beside = std::move(*computing->beside(every_text_is_published_and_looked_up(), *store_));
  EXPECT_EQ(&beside->engine(), &computing->engine());
  const at::Tensor expected = embed(*computing, inputs_);
  EXPECT_TRUE(at::equal(embed(*beside, inputs_), expected)) << "nothing was stored, so all was computed";
  (void)beside->run(inputs_);
  EXPECT_GT(beside->figures().layers.front().exact_hits, 0u);
  EXPECT_TRUE(at::equal(embed(*computing, inputs_), expected));
}

TEST_F(TextModelTest, TheLengthIsThePolicysWhereThereIsOne) {
  EXPECT_EQ(memoized(1)->length(), 48u);
  EXPECT_EQ((*TextModel::plain(loaded_, {}, 20))->length(), 20u);
}

TEST_F(TextModelTest, ALengthThatTheModelDoesNotTakeIsRefused) {
  const auto model = TextModel::plain(loaded_, {}, 65);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.status().code(), StatusCode::invalid_argument);
  EXPECT_NE(model.status().message().find("65"), std::string::npos) << model.status().message();
}

TEST_F(TextModelTest, WarmUpLeavesNoTrace) {
  const auto sut = memoized(2);
  sut->warm_up(inputs_);
  EXPECT_EQ(sut->figures().tokens, 0u);
  EXPECT_EQ(sut->figures().forward_s, 0);
  for (const LayerCounters& layer : sut->figures().layers) EXPECT_EQ(layer.lookups + layer.computed, 0u);
  EXPECT_EQ(store_->publish_counts().acknowledged, 0u);
}

TEST_F(TextModelTest, StartingOverForgetsTheFigures) {
  const auto sut = memoized(2);
  (void)sut->run(inputs_);
  EXPECT_GT(sut->figures().tokens, 0u);
  sut->start_over();
  EXPECT_EQ(sut->figures().tokens, 0u);
  for (const LayerCounters& layer : sut->figures().layers) EXPECT_EQ(layer.computed, 0u);
  (void)sut->run(inputs_);
  expect_all_hit(*sut);
}

}  // namespace
}  // namespace memo
