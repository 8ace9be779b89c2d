// Final states that are found stand in for computed ones, bit by bit, beside results in one pool.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "memod/store/local_store.h"
#include "model/text_model/text_model.h"
#include "tests/model/memo/faulty_store.h"
#include "tests/model/text_model/byte_tokenizer.h"
#include "tests/support/random_bert.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

constexpr std::uint32_t kStatesLength = 60;
constexpr std::int64_t kStatesLayers = 3;

bool same_numbers(const Tensor& left, const Tensor& right) {
  return left.sizes() == right.sizes() && std::memcmp(left.data_ptr(), right.data_ptr(), left.nbytes()) == 0;
}

class ReusedStates : public testing::Test {
 protected:
  ReusedStates() : loaded_(model_of(1)) {
    for (int i = 0; i < 24; ++i) texts_.push_back(std::string(static_cast<std::size_t>(i * 3), 'a' + i));
    store_ = std::make_unique<FaultyStore>(std::move(*open_local_store({folder_.file("pool"), 64 << 20, false})));
    plain_ = std::move(*TextModel::plain(loaded_, {DataType::f32, 1}, kStatesLength));
    for (const std::string& text : texts_) {
      const TextInput alone[] = {{text}};
      expected_.push_back(plain_->run_states(alone).front());
    }
  }
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "oneTBB is not instrumented, so ThreadSanitizer cannot see how it orders its tasks";
#endif
  }

  static LoadedModel model_of(std::uint64_t seed) {
    LoadedModel loaded;
    loaded.checkpoint = random_bert(seed);
    loaded.tokenizer = std::make_unique<ByteTokenizer>();
    return loaded;
  }
  std::vector<TextInput> inputs() const {
    return {texts_.begin(), texts_.end()};
  }
  std::unique_ptr<TextModel> model(Policy policy = Policy::exact(kStatesLength, kStatesLayers)) {
    return std::move(*TextModel::memoized(loaded_, std::move(policy), {DataType::f32, 2}, *store_));
  }
  // The texts with these numbers, each with its own states.
  void expect_right(TextModel& model, const std::vector<std::size_t>& numbers) {
    std::vector<TextInput> batch;
    for (const std::size_t number : numbers) batch.push_back({texts_[number]});
    const std::vector<Tensor> states = model.run_states(batch);
    ASSERT_EQ(states.size(), numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i)
      EXPECT_TRUE(same_numbers(states[i], expected_[numbers[i]])) << "text " << numbers[i] << " at " << i;
  }
  void expect_all_right(TextModel& model) {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < texts_.size(); ++i) numbers.push_back(i);
    expect_right(model, numbers);
  }

  LoadedModel loaded_;
  std::vector<std::string> texts_;  // all different, the last ones longer than the model takes
  TempDir folder_;
  std::unique_ptr<FaultyStore> store_;
  std::unique_ptr<TextModel> plain_;
  std::vector<Tensor> expected_;  // of each text alone
};

TEST_F(ReusedStates, HaveARowForEachTokenAndPoolToTheEmbedding) {
  loaded_.checkpoint.config.pooling = {Pooling::cls};
  loaded_.checkpoint.embedding_modules = {};
  const auto sut = std::move(*TextModel::plain(loaded_, {DataType::f32, 1}, kStatesLength));
  const std::vector<TextInput> texts = inputs();
  const std::vector<Tensor> states = sut->run_states(texts);
  const TextResults results = sut->run(texts);
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const auto tokens = static_cast<std::int64_t>(std::min<std::size_t>(texts_[i].size() + 2, kStatesLength));
    ASSERT_EQ(states[i].sizes(), (Tensor::Shape{tokens, 64}));
    const std::span<const float> first = states[i].row(0),
                                 embedding = results.embeddings.row(static_cast<std::int64_t>(i));
    EXPECT_TRUE(std::ranges::equal(first, embedding)) << i;
  }
}

TEST_F(ReusedStates, AreFoundByOthersAndHaveTheBitsOfComputedOnes) {
  expect_all_right(*model());
  const auto second = model();
  expect_all_right(*second);
  EXPECT_EQ(second->figures().outputs.hits, texts_.size());
  EXPECT_EQ(second->figures().outputs.computed, 0u);
}

TEST_F(ReusedStates, OfAllLengthsAreAskedForInOneMessage) {
  const auto sut = model();
  store_->calls = 0;
  expect_all_right(*sut);
  EXPECT_EQ(store_->calls, 1u);
}

TEST_F(ReusedStates, FoundAndComputedTextsOfABatchKeepTheirPlaces) {
  std::mt19937 random(5);
  expect_right(*model(), {20, 3, 11, 7, 0});
  const auto sut = model();
  for (int round = 0; round < 30; ++round) {
    std::vector<std::size_t> batch(1 + random() % 20);
    for (std::size_t& number : batch) number = random() % texts_.size();
    ASSERT_NO_FATAL_FAILURE(expect_right(*sut, batch));
  }
  EXPECT_EQ(sut->figures().outputs.computed, texts_.size() - 5);
}

TEST_F(ReusedStates, ShareAPoolWithResultsAndNotTheirMemos) {
  const TextResults plain = plain_->run(inputs());
  const auto sut = model();
  const auto expect_results = [&] {
    const TextResults results = sut->run(inputs());
    EXPECT_TRUE(same_numbers(results.embeddings, plain.embeddings));
  };
  expect_results();
  expect_all_right(*sut);
  EXPECT_EQ(sut->figures().outputs.hits, 0u);
  EXPECT_EQ(sut->figures().outputs.computed, 2 * texts_.size());
  expect_all_right(*sut);
  expect_results();
  EXPECT_EQ(sut->figures().outputs.hits, 2 * texts_.size()) << "figures count both";
}

TEST_F(ReusedStates, OfOtherPoolingAreTheSameAndOfOtherWeightsAreNot) {
  expect_all_right(*model());
  LoadedModel pooled = model_of(1), other = model_of(2);
  pooled.checkpoint.config.pooling = {Pooling::max};
  const Policy policy = Policy::exact(kStatesLength, kStatesLayers);
  const auto same = std::move(*TextModel::memoized(pooled, policy, {DataType::f32, 1}, *store_));
  expect_all_right(*same);
  EXPECT_EQ(same->figures().outputs.computed, 0u);
  const auto different = std::move(*TextModel::memoized(other, policy, {DataType::f32, 1}, *store_));
  EXPECT_FALSE(same_numbers(different->run_states(inputs())[9], expected_[9]));
  EXPECT_EQ(different->figures().outputs.hits, 0u);
}

TEST_F(ReusedStates, OfAShorterLengthAreFoundByALongerOne) {
  expect_right(*model(Policy::exact(20, kStatesLayers)), {0, 3, 6});
  const auto sut = model();
  expect_right(*sut, {0, 3, 6, 9});
  EXPECT_EQ(sut->figures().outputs.hits, 3u);
}

TEST_F(ReusedStates, AStoreThatMisbehavesCostsNothingButItsUse) {
  expect_all_right(*model());
  const auto expect_no_hit = [&](bool& fault) {
    fault = true;
    const auto sut = model();
    expect_all_right(*sut);
    EXPECT_EQ(sut->figures().outputs.hits, 0u);
    fault = false;
  };
  for (bool* const fault : {&store_->gone, &store_->stalled, &store_->revoking, &store_->truncating})
    expect_no_hit(*fault);
}

TEST_F(ReusedStates, WhatFoundMapsHadAPartInIsNotPublished) {
  Policy maps = Policy::defaults(kStatesLength, kStatesLayers);
  maps.selection = Selection::fixed;
  (void)model(maps)->run(inputs());
  maps.kinds.output = true;
  const auto both = model(maps);
  (void)both->run_states(inputs());
  EXPECT_EQ(both->figures().outputs.published, 0u);
  EXPECT_GT(both->figures().outputs.not_exact, 0u);
  expect_all_right(*model());
}

TEST_F(ReusedStates, AreComputedWhereNoOutputsAreKept) {
  const auto sut = model(Policy::defaults(kStatesLength, kStatesLayers));
  (void)sut->run_states(inputs());
  EXPECT_EQ(sut->figures().outputs.lookups, 0u);
  sut->start_over();
  expect_all_right(*model());
}

TEST_F(ReusedStates, StartingOverForgetsTheirFigures) {
  const auto sut = model();
  expect_all_right(*sut);
  sut->start_over();
  EXPECT_EQ(sut->figures().outputs.lookups, 0u);
  expect_all_right(*sut);
  EXPECT_EQ(sut->figures().outputs.hits, texts_.size());
}

}  // namespace
}  // namespace memo::test
