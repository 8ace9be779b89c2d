// Memoized attention that decides for itself what to look up and to publish, over a real pool.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "embed/training/torch_tensor.h"
#include "memod/store/local_store.h"
#include "model/engine/engine.h"
#include "model/memo/memoized_attention.h"
#include "tests/model/memo/faulty_store.h"
#include "tests/model/memo/sequences.h"
#include "tests/support/random_bert.h"
#include "tests/support/relative_error.h"
#include "tests/support/temp_dir.h"

namespace memo {
namespace {

using test::random_sequence;
using test::Sequence;

constexpr std::uint32_t kWatchedLength = 32;
constexpr std::size_t kBatch = 8;
constexpr std::size_t kLayers = 3;

std::vector<Sequence> batch_of(unsigned first) {
  std::vector<Sequence> batch;
  for (unsigned i = 0; i < kBatch; ++i) batch.push_back(random_sequence(first + i, kWatchedLength));
  return batch;
}

// Whether the text is one of the sample that stays when nothing pays.
bool is_watched(const Sequence& text) {
  return AdmissionShare(AdmissionRules().of_all).always_holds(Lineage::of_tokens(text).digest());
}

class OnlineSelectionTest : public testing::Test {
 protected:
  OnlineSelectionTest() : store_(*open_local_store({folder_.file("pool"), 128 << 20, false})) {}

  // max_wait_ms: long enough that none of these tests depends on how busy the machine is, except where it is to be spent.
  void make(float max_distance, float max_wait_ms = 1e6f, Selection selection = Selection::online) {
    Policy policy = Policy::defaults(kWatchedLength, kLayers);
    policy.selection = selection;
    policy.max_wait_ms = max_wait_ms;
    for (LayerPolicy& layer : policy.layers) layer.max_distance = max_distance;
    plan_ = std::move(*MemoPlan::make(bert_, DataType::f32, policy, store_));
    attention_ = std::make_unique<MemoizedAttention>(*plan_);
  }
  at::Tensor run(const std::vector<Sequence>& sequences, AttentionSource* source) {
    const std::vector<TokenSequence> batch(sequences.begin(), sequences.end());
    engine_->forward(batch, source);
    return to_torch(engine_->embeddings());
  }
  void run(const std::vector<Sequence>& sequences) { (void)run(sequences, attention_.get()); }
  LayerCounters counted() const {
    LayerCounters sum;
    for (const LayerCounters& layer : attention_->counters()) sum += layer;
    return sum;
  }

  test::TempDir folder_;
  const Checkpoint bert_ = test::random_bert();
  const std::unique_ptr<Engine> engine_ = std::move(*Engine::make(bert_, {DataType::f32, 1}));
  test::FaultyStore store_;
  std::unique_ptr<MemoPlan> plan_;
  std::unique_ptr<MemoizedAttention> attention_;
};

TEST_F(OnlineSelectionTest, StreamWithoutRepeatsIsSoonNotLookedUpAnyMore) {
  make(1e-6f);
  // Until the gates have closed: what a lookup costs and what a hit would save is measured, so how many batches that takes
  // is not asked here.
  unsigned next = 0;
  const auto all_closed = [&] {
    const OnlineSelection& selection = attention_->selection();
    bool closed = !selection.early.is_open();
    for (const LayerGate& gate : selection.by_similarity) closed = closed && !gate.is_open();
    return closed;
  };
  for (int i = 0; i < 2000 && !all_closed(); ++i, next += kBatch) run(batch_of(next));
  ASSERT_TRUE(all_closed());
  const std::size_t calls = store_.calls;
  const std::uint64_t gated = counted().gated;
  constexpr std::size_t kMore = 200;  // batches
  std::size_t watched = 0;
  for (std::size_t i = 0; i < kMore; ++i, next += kBatch) {
    const std::vector<Sequence> batch = batch_of(next);
    watched += std::any_of(batch.begin(), batch.end(), is_watched) ? 1 : 0;
    run(batch);
  }
  // At most the probes after 64 and 128 batches, and one that was due: of the early lookup, and of each layer.
  EXPECT_LE(store_.calls - calls, 3 * (1 + kLayers) + watched);
  EXPECT_GE(counted().gated - gated, (kMore - 3) * kBatch * kLayers * 2 - watched * kBatch * kLayers);
}

TEST_F(OnlineSelectionTest, SmallestSampleIsAskedForThoughTheGateIsClosed) {
  make(0);
  unsigned next = 0;
  for (int i = 0; i < 2000 && attention_->selection().early.is_open(); ++i, next += kBatch) run(batch_of(next));
  ASSERT_FALSE(attention_->selection().early.is_open());
  while (!is_watched(random_sequence(next, kWatchedLength))) ++next;
  const std::vector<Sequence> watched = {random_sequence(next, kWatchedLength)};
  run(watched);
  const LayerCounters before = counted();
  run(watched);
  EXPECT_EQ(counted().exact_hits - before.exact_hits, kLayers);
  EXPECT_FALSE(attention_->selection().early.is_open());  // one text of the sample does not speak for all
}

TEST_F(OnlineSelectionTest, FeaturesAreMadeForTheSampleOnlyWhereSimilarityDoesNotPay) {
  make(1e-6f);
  unsigned next = 0;
  run(batch_of(next));
  ASSERT_EQ(store_.nowhere, 0u);
  const auto any_open = [&] {
    const auto& gates = attention_->selection().by_similarity;
    return std::any_of(gates.begin(), gates.end(), [](const LayerGate& gate) { return gate.is_open(); });
  };
  for (int i = 0; i < 2000 && any_open(); ++i, next += kBatch) run(batch_of(next));
  ASSERT_FALSE(any_open());
  // Texts that come twice are published; the first one of these that is not watched, and one that is.
  const auto published_nowhere = [&](bool watched) {
    for (++next; is_watched(random_sequence(next, kWatchedLength)) != watched;) ++next;
    const std::size_t before = store_.nowhere;
    const std::uint64_t published = counted().published;
    for (int i = 0; i < 2; ++i) run({random_sequence(next, kWatchedLength)});
    EXPECT_EQ(counted().published - published, kLayers);
    return store_.nowhere - before;
  };
  EXPECT_EQ(published_nowhere(false), kLayers);
  EXPECT_EQ(published_nowhere(true), 0u);
}

TEST_F(OnlineSelectionTest, ExactLookupsAloneNeedNoFeatures) {
  make(0);
  run(batch_of(0));
  EXPECT_EQ(store_.nowhere, kBatch * kLayers);
  run(batch_of(0));
  EXPECT_EQ(counted().exact_hits, kBatch * kLayers);
  make(0, 1e6f, Selection::fixed);  // others may look up what it does not
  run(batch_of(1000));
  EXPECT_EQ(store_.nowhere, kBatch * kLayers);
}

TEST_F(OnlineSelectionTest, StreamOfRepeatsKeepsFindingThem) {
  make(0);
  for (unsigned round = 0; round < 20; ++round)
    for (unsigned batch = 0; batch < 10; ++batch) run(batch_of(100 * batch));
  const LayerCounters counters = counted();
  EXPECT_TRUE(attention_->selection().early.is_open());
  EXPECT_EQ(counters.exact_hits, 19 * 10 * kBatch * kLayers);
  EXPECT_EQ(counters.gated + counters.not_admitted, 0u);
}

TEST_F(OnlineSelectionTest, OnlyAShareIsPublishedWhereNothingComesAgain) {
  make(0);
  unsigned next = 0;
  for (int i = 0; i < 400; ++i, next += kBatch) run(batch_of(next));
  ASSERT_LT(plan_->admission().share(), 0.1);
  const LayerCounters before = counted();
  for (int i = 0; i < 100; ++i, next += kBatch) run(batch_of(next));
  const LayerCounters after = counted();
  EXPECT_LT(after.published - before.published, 100 * kBatch * kLayers / 8);
  EXPECT_EQ(after.published - before.published + after.not_admitted - before.not_admitted, 100 * kBatch * kLayers);
  EXPECT_EQ(store_.publish_counts().acknowledged, after.published);
}

TEST_F(OnlineSelectionTest, SimilarHitsCountForWhatIsWorthPublishing) {
  make(1000, 1e6f, Selection::fixed);  // gates stay open: which of these lookups pay is not asked here
  constexpr unsigned kBatches = 20;
  for (unsigned i = 0; i < kBatches; ++i) run(batch_of(100 * i));
  ASSERT_EQ(counted().similar_hits, (kBatches - 1) * kBatch * kLayers);
  EXPECT_GT(plan_->admission().repeat_rate(), 0.9);
}

TEST_F(OnlineSelectionTest, TextIsPublishedInAllLayersOrInNone) {
  make(0);
  unsigned next = 0;
  for (int i = 0; i < 400; ++i, next += kBatch) run(batch_of(next));
  for (const LayerCounters& layer : attention_->counters())
    EXPECT_EQ(layer.published, attention_->counters().front().published);
}

TEST_F(OnlineSelectionTest, StalledStoreIsAskedOnceABatchAndForNoLongerThanTheBatchMayWait) {
  make(0);
  run(batch_of(0));
  make(0, 3);
  store_.stalled = true;
  store_.calls = 0;
  store_.drafts = 0;
  const at::Tensor memoized = run(batch_of(1000), attention_.get());
  EXPECT_EQ(store_.calls, 1u);
  EXPECT_LE(store_.within.load(), std::chrono::milliseconds(3));
  EXPECT_EQ(store_.drafts, 0u);
  EXPECT_EQ(counted().over_deadline, kBatch * kLayers);
  EXPECT_LT(test::relative_error(memoized, run(batch_of(1000), nullptr)), 1e-5);
  store_.stalled = false;
  run(batch_of(0));
  EXPECT_EQ(counted().exact_hits, kBatch * kLayers);
}

TEST_F(OnlineSelectionTest, WithoutAGivenLimitABatchMayWaitAShareOfItsTime) {
  make(0, 0);
  run(batch_of(0));
  run(batch_of(0));
  EXPECT_LT(store_.within.load(), std::chrono::seconds(10));
  EXPECT_GE(store_.within.load(), std::chrono::microseconds(400));
}

TEST_F(OnlineSelectionTest, EnginesOfOnePlanShareWhatTheyPublish) {
  make(0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      const std::unique_ptr<Engine> engine = std::move(*Engine::make(bert_, {DataType::f32, 1}));
      MemoizedAttention attention(*plan_);
      for (unsigned round = 0; round < 30; ++round) {
        const std::vector<Sequence> sequences = batch_of(round % 10 * 100);
        const std::vector<TokenSequence> batch(sequences.begin(), sequences.end());
        engine->forward(batch, &attention);
      }
      // Twenty rounds repeat. On a busy machine a gate may close for some of them, as it measures what lookups cost.
      for (const LayerCounters& layer : attention.counters()) EXPECT_GE(layer.exact_hits, 10 * kBatch);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace memo
