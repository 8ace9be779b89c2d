// Whole results that are found stand in for computed ones, bit by bit; whatever the store does, every text gets its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
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

constexpr std::uint32_t kLength = 48;
constexpr std::int64_t kLayers = 3;

bool same_bits(const TextResults& left, std::int64_t left_row, const TextResults& right, std::int64_t right_row) {
  const auto same = [](std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
  };
  return same(left.embeddings.row(left_row), right.embeddings.row(right_row)) &&
         left.logits.defined() == right.logits.defined() &&
         (!left.logits.defined() || same(left.logits.row(left_row), right.logits.row(right_row)));
}

class ReusedOutputs : public testing::Test {
 protected:
  ReusedOutputs() {
    loaded_.checkpoint = random_bert();
    loaded_.tokenizer = std::make_unique<ByteTokenizer>();
    for (int i = 0; i < 20; ++i) texts_.push_back(std::string(static_cast<std::size_t>(i * i % 41), 'a' + i));
    store_ = std::make_unique<FaultyStore>(std::move(*open_local_store({folder_.file("pool"), 64 << 20, false})));
    plain_ = std::move(*TextModel::plain(loaded_, {DataType::f32, 2}, kLength));
    expected_ = plain_->run(inputs(texts_));
  }
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "oneTBB is not instrumented, so ThreadSanitizer cannot see how it orders its tasks";
#endif
  }

  static std::vector<TextInput> inputs(const std::vector<std::string>& texts) {
    std::vector<TextInput> inputs;
    for (const std::string& text : texts) inputs.push_back({text});
    return inputs;
  }
  std::unique_ptr<TextModel> model(Policy policy = Policy::exact(kLength, kLayers)) {
    return std::move(*TextModel::memoized(loaded_, std::move(policy), {DataType::f32, 2}, *store_));
  }
  // The texts with these numbers, each with its own result.
  void expect_right(TextModel& model, const std::vector<std::size_t>& numbers) {
    std::vector<TextInput> batch;
    for (const std::size_t number : numbers) batch.push_back({texts_[number]});
    const TextResults results = model.run(batch);
    ASSERT_EQ(results.embeddings.size(0), static_cast<std::int64_t>(numbers.size()));
    for (std::size_t i = 0; i < numbers.size(); ++i)
      EXPECT_TRUE(
          same_bits(results, static_cast<std::int64_t>(i), expected_, static_cast<std::int64_t>(numbers[i])))
          << "text " << numbers[i] << " at " << i;
  }
  std::vector<std::size_t> all() const {
    std::vector<std::size_t> numbers(texts_.size());
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    return numbers;
  }
  void publish_all() {
    (void)model()->run(inputs(texts_));
  }
  // Everything is computed, and right.
  OutputCounters counters_without_use() {
    const auto sut = model();
    expect_right(*sut, all());
    EXPECT_EQ(sut->figures().outputs.hits, 0u);
    EXPECT_EQ(sut->figures().outputs.computed, texts_.size());
    return sut->figures().outputs;
  }

  LoadedModel loaded_;
  std::vector<std::string> texts_;  // all different
  TempDir folder_;
  std::unique_ptr<FaultyStore> store_;
  std::unique_ptr<TextModel> plain_;
  TextResults expected_;
};

TEST_F(ReusedOutputs, AreFoundByOthersAndHaveTheBitsOfComputedOnes) {
  publish_all();
  const auto second = model();
  expect_right(*second, all());
  EXPECT_EQ(second->figures().outputs.hits, texts_.size());
  EXPECT_EQ(second->figures().outputs.computed, 0u);
  EXPECT_EQ(second->figures().outputs.published, 0u);
}

TEST_F(ReusedOutputs, AreAskedForInOneMessageBeforeAnythingIsComputed) {
  const auto sut = model();
  store_->calls = 0;
  expect_right(*sut, all());
  EXPECT_EQ(store_->calls, 1u);
  EXPECT_EQ(sut->figures().outputs.lookups, texts_.size());
}

TEST_F(ReusedOutputs, FoundAndComputedTextsOfABatchKeepTheirPlaces) {
  std::mt19937 random(3);
  std::vector<std::size_t> numbers = all();
  std::shuffle(numbers.begin(), numbers.end(), random);
  expect_right(*model(), {numbers.begin(), numbers.begin() + 7});
  const auto sut = model();
  for (int round = 0; round < 30; ++round) {
    std::vector<std::size_t> batch(1 + random() % 24);
    for (std::size_t& number : batch) number = random() % texts_.size();
    ASSERT_NO_FATAL_FAILURE(expect_right(*sut, batch));
  }
  EXPECT_EQ(sut->figures().outputs.computed, texts_.size() - 7);
}

TEST_F(ReusedOutputs, EqualTextsOfABatchAreComputedOnce) {
  const auto sut = model();
  expect_right(*sut, {5, 9, 5, 5, 9});
  const OutputCounters counters = sut->figures().outputs;
  EXPECT_EQ(counters.computed, 2u);
  EXPECT_EQ(counters.repeated, 3u);
  EXPECT_EQ(counters.published, 2u);
  EXPECT_EQ(store_->publish_counts().duplicates, 0u);
}

TEST_F(ReusedOutputs, ANearTextIsAnotherText) {
  const std::string text = "not good, but cheap", near = "not cheap, but good";
  const TextInput first[] = {{text}}, second[] = {{near}};
  const TextResults expected = plain_->run(second);
  const auto sut = model();
  (void)sut->run(first);
  const TextResults found = sut->run(second);
  EXPECT_TRUE(same_bits(found, 0, expected, 0));
  EXPECT_EQ(sut->figures().outputs.hits, 0u);
}

TEST_F(ReusedOutputs, AStoreThatIsGoneOrFullCostsNothingButItsUse) {
  store_->gone = true;
  EXPECT_EQ(counters_without_use().lookups, 0u);
  store_->gone = false;
  store_->full = true;
  EXPECT_EQ(counters_without_use().dropped, texts_.size());
}

TEST_F(ReusedOutputs, AStoreThatDoesNotAnswerInTimeIsNotWaitedFor) {
  publish_all();
  store_->stalled = true;
  EXPECT_EQ(counters_without_use().late, texts_.size());
}

TEST_F(ReusedOutputs, WhatChangesWhileItIsReadIsComputed) {
  publish_all();
  store_->revoking = true;
  store_->spared = 4;
  const auto sut = model();
  expect_right(*sut, all());
  EXPECT_EQ(sut->figures().outputs.revoked, texts_.size() - 4);
  EXPECT_EQ(sut->figures().outputs.hits, 4u);
}

TEST_F(ReusedOutputs, AMemoOfAnotherSizeIsNoResult) {
  publish_all();
  store_->truncating = true;
  EXPECT_EQ(counters_without_use().errors, texts_.size());
}

TEST_F(ReusedOutputs, WhatFoundMapsHadAPartInIsNotPublished) {
  Policy maps = Policy::defaults(kLength, kLayers);
  maps.selection = Selection::fixed;
  (void)model(maps)->run(inputs(texts_));
  maps.kinds.output = true;
  const auto both = model(maps);
  (void)both->run(inputs(texts_));
  EXPECT_EQ(both->figures().outputs.not_exact, texts_.size());
  EXPECT_EQ(both->figures().outputs.published, 0u);
  expect_right(*model(), all());
}

TEST_F(ReusedOutputs, OfTextsWhoseMapsWereOnlyPublishedAreExact) {
  Policy both = Policy::defaults(kLength, kLayers);
  both.selection = Selection::fixed;
  both.kinds.output = true;
  for (LayerPolicy& layer : both.layers) layer.max_distance = 0;
  const auto sut = model(both);
  expect_right(*sut, all());
  EXPECT_EQ(sut->figures().outputs.published, texts_.size());
  EXPECT_GT(sut->figures().layers.front().published, 0u);
  expect_right(*sut, all());
  EXPECT_EQ(sut->figures().outputs.hits, texts_.size());
}

TEST_F(ReusedOutputs, MapsAreLeftAloneWhereOnlyResultsAreKept) {
  Policy policy = Policy::defaults(kLength, kLayers);
  policy.kinds = {.output = true, .map = false};
  const auto sut = model(policy);
  expect_right(*sut, all());
  for (const LayerCounters& layer : sut->figures().layers) {
    EXPECT_EQ(layer.lookups + layer.published, 0u);
    EXPECT_EQ(layer.computed, texts_.size());
  }
}

TEST_F(ReusedOutputs, OfPairsAreThoseOfBothTextsAndTheirOrder) {
  loaded_.checkpoint.config.task = Task::classification;
  loaded_.checkpoint.config.labels = {"a", "b", "c"};
  loaded_.checkpoint.classification.out = {Tensor::zeros({3, 64}), Tensor::zeros({3})};
  for (float x = 0; float& weight : loaded_.checkpoint.classification.out.weight.elements()) weight = x += 0.01f;
  const TextInput pairs[] = {{"one", "two"}, {"two", "one"}, {"onet", "wo"}, {"one"}, {"one", ""}};
  const TextResults expected = (*TextModel::plain(loaded_, {DataType::f32, 1}, kLength))->run(pairs);
  ASSERT_EQ(expected.logits.size(1), 3);
  for (int round = 0; round < 2; ++round) {
    const auto sut = model();
    for (std::int64_t i = 0; i < 5; ++i)
      EXPECT_TRUE(same_bits(sut->run({pairs + i, 1}), 0, expected, i)) << "pair " << i << " in round " << round;
    EXPECT_EQ(sut->figures().outputs.hits, round == 0 ? 0u : 5u);
  }
}

TEST_F(ReusedOutputs, WarmUpAndStartingOverLeaveNoTrace) {
  const auto sut = model();
  sut->warm_up(inputs(texts_));
  EXPECT_EQ(sut->figures().outputs.lookups + sut->figures().outputs.published, 0u);
  (void)sut->run(inputs(texts_));
  sut->start_over();
  EXPECT_EQ(sut->figures().outputs.lookups, 0u);
  expect_right(*sut, all());
  EXPECT_EQ(sut->figures().outputs.hits, texts_.size());
}

}  // namespace
}  // namespace memo::test
