// Memoized attention against plain attention, over a real pool.
#include "model/memo/memoized_attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <thread>

#include "embed/training/torch_tensor.h"
#include "memod/store/local_store.h"
#include "model/engine/engine.h"
#include "model/policy/codebook.h"
#include "tests/model/memo/faulty_store.h"
#include "tests/model/memo/sequences.h"
#include "tests/support/map_replay.h"
#include "tests/support/random_bert.h"
#include "tests/support/relative_error.h"
#include "tests/support/temp_dir.h"

namespace memo {
namespace {

using test::random_sequence;
using test::relative_error;
using test::Sequence;
using test::states_of;

constexpr std::uint32_t kBucketLength = 48;
constexpr double kPlain = 1e-5;  // relative: the same computation
constexpr double kU8 = 1e-2;     // relative: maps went through u8

class MemoizedAttentionTest : public testing::Test {
 protected:
  MemoizedAttentionTest() : store_(*open_local_store({folder_.file("pool"), 64 << 20, false})) {}

  // Every lookup is made and every map published: that is what is counted here.
  Policy lookup_policy(float max_distance) const {
    Policy policy = Policy::defaults(kBucketLength, bert_.config.layers);
    policy.selection = Selection::fixed;
    for (LayerPolicy& layer : policy.layers) layer.max_distance = max_distance;
    return policy;
  }
  Policy policy_with_embedders(float max_distance) const {
    Policy policy = lookup_policy(max_distance);
    policy.embedder = folder_.file("embedders");
    return policy;
  }
  static Embedder projection(std::uint64_t seed) {
    EmbedderShape shape;
    shape.hidden = 64;
    shape.length_bucket = shape.segments = kBucketLength;
    return *Embedder::projection(shape, seed);
  }
  MemoPlan& plan(const Policy& policy) {
    auto made = MemoPlan::make(bert_, DataType::f32, policy, store_);
    EXPECT_TRUE(made) << made.status().message();
    plans_.push_back(std::move(*made));
    return *plans_.back();
  }
  std::vector<at::Tensor> plain(const std::vector<Sequence>& sequences) {
    return states_of(bert_, sequences, nullptr);
  }
  void expect_close(const std::vector<at::Tensor>& actual, const std::vector<at::Tensor>& expected,
                    double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i)
      EXPECT_LT(relative_error(actual[i], expected[i]), tolerance) << "sequence " << i;
  }
  // Runs once, with an attention of its own.
  LayerCounters run(MemoPlan& plan, const std::vector<Sequence>& sequences,
                    std::vector<at::Tensor>* states = nullptr) {
    MemoizedAttention attention(plan);
    std::vector<at::Tensor> result = states_of(bert_, sequences, &attention);
    if (states != nullptr) *states = std::move(result);
    LayerCounters sum;
    for (const LayerCounters& layer : attention.counters()) sum += layer;
    return sum;
  }

  test::TempDir folder_;
  const Checkpoint bert_ = test::random_bert();
  test::FaultyStore store_;
  std::vector<std::unique_ptr<MemoPlan>> plans_;
  const std::vector<Sequence> texts_{random_sequence(1, 48), random_sequence(2, 17), random_sequence(3, 2)};
  const std::uint64_t all_ = texts_.size() * 3;  // in every layer
};

TEST_F(MemoizedAttentionTest, FirstPassComputesWhatPlainComputesAndPublishesIt) {
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(lookup_policy(0)), texts_, &states);
  expect_close(states, plain(texts_), kPlain);
  EXPECT_EQ(counters.lookups, all_);
  EXPECT_EQ(counters.computed, all_);
  EXPECT_EQ(counters.published, all_);
  EXPECT_EQ(store_.publish_counts().acknowledged, all_);
}

TEST_F(MemoizedAttentionTest, SecondPassIsAnsweredExactlyAndStaysCloseToPlain) {
  (void)run(plan(lookup_policy(0)), texts_);
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(lookup_policy(0)), texts_, &states);
  EXPECT_EQ(counters.exact_hits, all_);
  EXPECT_EQ(counters.computed + counters.published, 0u);
  expect_close(states, plain(texts_), kU8);
}

TEST_F(MemoizedAttentionTest, MapsThatAreThereCostOneQuestionForAllLayers) {
  (void)run(plan(lookup_policy(0)), texts_);
  store_.calls = 0;
  EXPECT_EQ(run(plan(lookup_policy(0)), texts_).exact_hits, all_);
  EXPECT_EQ(store_.calls, 1u);
}

TEST_F(MemoizedAttentionTest, LayersAreAskedForOneByOneWhenAllAtOnceFails) {
  (void)run(plan(lookup_policy(0)), texts_);
  store_.deaf = true;
  const LayerCounters counters = run(plan(lookup_policy(0)), texts_);
  EXPECT_EQ(counters.exact_hits, all_);
  EXPECT_EQ(counters.errors, 0u);
}

TEST_F(MemoizedAttentionTest, LayersUseEmbeddersOfTheirOwnInASpaceOfTheirOwn) {
  const Policy policy = policy_with_embedders(1000);
  std::vector<LayerEmbedder> layers;
  for (const std::uint64_t seed : {1, 2, 3}) layers.push_back({projection(seed), {}});
  ASSERT_TRUE(EmbedderSet::one_a_layer(layers)->save(policy.embedder));
  MemoPlan& sut = plan(policy);
  EXPECT_EQ(sut.embedder(2).fingerprint(), layers[2].embedder.fingerprint());
  EXPECT_NE(*sut.space(0), *plan(lookup_policy(1000)).space(0));
  (void)run(sut, {texts_[0]});
  Sequence similar = texts_[0];
  similar[20] = (similar[20] + 1) % 100;
  EXPECT_EQ(run(sut, {similar}).similar_hits, 3u);
  EXPECT_EQ(store_.penalty, 1);

  layers.pop_back();  // of another model
  ASSERT_TRUE(EmbedderSet::one_a_layer(layers)->save(policy.embedder));
  EXPECT_EQ(MemoPlan::make(bert_, DataType::f32, policy, store_).status().code(), StatusCode::invalid_argument);
}

TEST_F(MemoizedAttentionTest, MapsArePublishedWithThePenaltyOfTheirLayer) {
  const Policy policy = policy_with_embedders(0);
  const auto with_heads = [&](std::int64_t heads) {
    const PenaltyFit fit{2, 0, 0, 0, 1, 2};
    const LayerEmbedder layer{projection(1), {}, MapPenalty{fit, Tensor::zeros({heads, 1, kBucketLength}), 48}};
    ASSERT_TRUE(EmbedderSet::one_a_layer({layer, layer, layer})->save(policy.embedder));
  };
  with_heads(bert_.config.heads);
  (void)run(plan(policy), texts_);
  EXPECT_EQ(store_.penalty, 4);
  with_heads(bert_.config.heads + 1);
  EXPECT_EQ(MemoPlan::make(bert_, DataType::f32, policy, store_).status().code(), StatusCode::invalid_argument);
}

TEST_F(MemoizedAttentionTest, BatchLargerThanCanBeAskedForAtOnceIsAnsweredWhole) {
  const std::vector<Sequence> many(100, random_sequence(4, 5));
  (void)run(plan(lookup_policy(0)), {many[0]});
  EXPECT_EQ(run(plan(lookup_policy(0)), many).exact_hits, 300u);
}

TEST_F(MemoizedAttentionTest, MixedBatchEqualsPerSequenceResults) {
  (void)run(plan(lookup_policy(0)), {texts_[1]});
  const std::vector<Sequence> mixed{random_sequence(8, 31), texts_[1], random_sequence(9, 40), texts_[1]};
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(lookup_policy(0)), mixed, &states);
  EXPECT_EQ(counters.exact_hits, 6u);
  EXPECT_EQ(counters.computed, 6u);
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    std::vector<at::Tensor> alone;
    (void)run(plan(lookup_policy(0)), {mixed[i]}, &alone);
    EXPECT_LT(relative_error(states[i], alone[0]), i % 2 == 1 ? kPlain : kU8) << i;
  }
}

TEST_F(MemoizedAttentionTest, SimilarTextIsAnsweredWithinTheThresholdOnly) {
  (void)run(plan(lookup_policy(0)), {texts_[0]});
  Sequence similar = texts_[0];
  similar[20] = (similar[20] + 1) % 100;
  Policy policy = lookup_policy(1e-6f);
  for (LayerPolicy& layer : policy.layers) layer.publish = false;
  EXPECT_EQ(run(plan(policy), {similar}).similar_hits, 0u);
  for (LayerPolicy& layer : policy.layers) layer.max_distance = 1000;
  const LayerCounters counters = run(plan(policy), {similar});
  EXPECT_EQ(counters.similar_hits, 3u);
  EXPECT_EQ(counters.exact_hits + counters.computed, 0u);
}

TEST_F(MemoizedAttentionTest, LongerMapIsCroppedForAShorterText) {
  (void)run(plan(lookup_policy(0)), {texts_[0]});
  const Sequence shorter(texts_[0].begin(), texts_[0].begin() + 47);
  Policy policy = lookup_policy(1000);
  for (LayerPolicy& layer : policy.layers) layer.publish = false;
  std::vector<at::Tensor> states;
  EXPECT_EQ(run(plan(policy), {shorter}, &states).similar_hits, 3u);
  // All but one token are the same: the cropped map is nearly the right one.
  EXPECT_LT(relative_error(states[0], plain({shorter})[0]), 0.1);
}

TEST_F(MemoizedAttentionTest, ShorterMapIsNeverStretched) {
  (void)run(plan(lookup_policy(0)), {texts_[1]});
  EXPECT_EQ(run(plan(lookup_policy(1000)), {texts_[0]}).similar_hits, 0u);
}

TEST_F(MemoizedAttentionTest, WhatFollowsFromASubstituteIsOnlyForThoseWhoSubstituteToo) {
  (void)run(plan(lookup_policy(0)), {texts_[0]});
  Sequence similar = texts_[0];
  similar[20] = (similar[20] + 1) % 100;
  Policy substituting = lookup_policy(0);
  substituting.layers[0].max_distance = 1000;  // answered by similarity; layers 1 and 2 compute and publish
  EXPECT_EQ(run(plan(substituting), {similar}).published, 2u);

  Policy computing = lookup_policy(0);
  for (LayerPolicy& layer : computing.layers) layer.publish = false;
  EXPECT_EQ(run(plan(computing), {similar}).exact_hits, 0u);
  EXPECT_EQ(run(plan(substituting), {similar}).exact_hits, 2u);
}

TEST_F(MemoizedAttentionTest, RevokedViewIsRecomputed) {
  (void)run(plan(lookup_policy(0)), texts_);
  store_.revoking = true;
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(lookup_policy(0)), texts_, &states);
  EXPECT_EQ(counters.revoked, all_);
  EXPECT_EQ(counters.exact_hits, 0u);
  EXPECT_EQ(counters.computed, all_);
  expect_close(states, plain(texts_), kPlain);
}

TEST_F(MemoizedAttentionTest, PayloadOfAnotherSizeIsNotRead) {
  (void)run(plan(lookup_policy(0)), texts_);
  store_.truncating = true;
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(lookup_policy(0)), texts_, &states);
  EXPECT_EQ(counters.errors, all_);
  EXPECT_EQ(counters.computed, all_);
  expect_close(states, plain(texts_), kPlain);
}

TEST_F(MemoizedAttentionTest, WithoutAStoreEverythingIsComputed) {
  store_.gone = true;
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(lookup_policy(1)), texts_, &states);
  expect_close(states, plain(texts_), kPlain);
  EXPECT_EQ(counters.computed, all_);
  EXPECT_EQ(counters.errors, all_);
  EXPECT_EQ(counters.dropped, all_);
}

TEST_F(MemoizedAttentionTest, FullStoreDropsWhatWouldBePublished) {
  store_.full = true;
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(lookup_policy(0)), texts_, &states);
  EXPECT_EQ(counters.dropped, all_);
  EXPECT_EQ(counters.published, 0u);
  expect_close(states, plain(texts_), kPlain);
}

TEST_F(MemoizedAttentionTest, LayerThatDoesNotPublishPublishesNothing) {
  Policy policy = lookup_policy(0);
  policy.layers[1].publish = false;
  EXPECT_EQ(run(plan(policy), texts_).published, 2 * texts_.size());
  EXPECT_EQ(store_.publish_counts().acknowledged, 2 * texts_.size());
}

TEST_F(MemoizedAttentionTest, ComputeLayerAsksNobody) {
  Policy policy = lookup_policy(0);
  policy.layers.assign(3, {HeadMode::compute});
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(policy), texts_, &states);
  EXPECT_EQ(counters.lookups + counters.published, 0u);
  EXPECT_EQ(counters.computed, all_);
  expect_close(states, plain(texts_), kPlain);
}

class FixedLayer : public MemoizedAttentionTest {
 protected:
  // Layer 1 uses one map for everything; the others compute.
  Policy fixed_policy() {
    Codebook codebook;
    map_ = at::softmax(0.5 * at::randn({2, kBucketLength, kBucketLength}), -1);
    codebook.add("one", from_torch(map_));
    EXPECT_TRUE(codebook.save(folder_.file("codebook.safetensors")));
    Policy policy = lookup_policy(0);
    policy.codebook = folder_.file("codebook.safetensors");
    policy.layers.assign(3, {HeadMode::compute});
    policy.layers[1] = {HeadMode::fixed, 0, true, "one"};
    return policy;
  }

  // Layer 1 uses the map that texts_[0] itself has there.
  Policy own_map_policy() {
    test::MapReplay recorded({HeadMode::lookup, HeadMode::lookup}, MapEncoding::f32);
    (void)states_of(bert_, {texts_[0]}, &recorded);
    Policy policy = fixed_policy();
    at::Tensor map = at::empty({2, kBucketLength, kBucketLength});
    decode_map(recorded.payload(1, 0), recorded.shape(0),
               {map.data_ptr<float>(), static_cast<std::size_t>(map.numel())});
    Codebook codebook;
    codebook.add("one", from_torch(map));
    EXPECT_TRUE(codebook.save(policy.codebook));
    return policy;
  }

  at::Tensor map_;
};

TEST_F(FixedLayer, OwnMapReproducesThePlainStates) {
  // The map of the very text, of full length: what is fixed is then what would have been computed.
  Policy policy = own_map_policy();
  for (int pass = 0; pass < 3; ++pass) {  // from this process's copy, then from the store
    std::vector<at::Tensor> states;
    const LayerCounters counters = run(plan(policy), {texts_[0]}, &states);
    EXPECT_EQ(counters.fixed, 1u);
    EXPECT_EQ(counters.computed, 2u);
    expect_close(states, plain({texts_[0]}), kU8);
  }
}

TEST_F(FixedLayer, CroppedMapIsRenormalized) {
  // Uniform attention, whatever the length: what a uniform map gives when cropped.
  Policy policy = fixed_policy();
  Codebook codebook;
  codebook.add("one", from_torch(at::full({2, kBucketLength, kBucketLength}, 1.0 / kBucketLength)));
  ASSERT_TRUE(codebook.save(policy.codebook));
  Checkpoint uniform = bert_;
  uniform.layers[1].qkv.weight = bert_.layers[1].qkv.weight.clone();
  std::ranges::fill(uniform.layers[1].qkv.weight.narrow(0, 128).elements(),
                    0.0f);  // queries and keys: every score is the same
  uniform.layers[1].qkv.bias = bert_.layers[1].qkv.bias.clone();
  std::ranges::fill(uniform.layers[1].qkv.bias.narrow(0, 128).elements(), 0.0f);
  std::vector<at::Tensor> states;
  (void)run(plan(policy), texts_, &states);
  expect_close(states, states_of(uniform, texts_, nullptr), kU8);
}

TEST_F(FixedLayer, SomeHeadsMayBeFixedWhileOthersLookUpOrCompute) {
  Policy policy = own_map_policy();
  policy.layers[1] = {HeadMode::lookup, 0, true, "one", {}, {}, {1}};
  EXPECT_EQ(run(plan(policy), {texts_[0]}).published, 1u);
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(policy), {texts_[0]}, &states);
  EXPECT_EQ(counters.exact_hits, 1u);
  EXPECT_EQ(counters.fixed, 1u);
  expect_close(states, plain({texts_[0]}), kU8);
  policy.layers[1] = {HeadMode::compute, 0, true, "one", {}, {}, {0}};
  EXPECT_EQ(run(plan(policy), {texts_[0]}, &states).lookups, 0u);
  expect_close(states, plain({texts_[0]}), kU8);
}

TEST_F(FixedLayer, MapIsPublishedOnceForAllProcesses) {
  const Policy policy = fixed_policy();
  (void)run(plan(policy), texts_);
  (void)run(plan(policy), texts_);
  EXPECT_EQ(store_.publish_counts().acknowledged, 1u);
  EXPECT_EQ(store_.publish_counts().duplicates, 0u);
}

TEST_F(FixedLayer, MapIsNeverFoundBySimilarity) {
  (void)run(plan(fixed_policy()), texts_);
  Policy policy = lookup_policy(10);
  EXPECT_EQ(run(plan(policy), {random_sequence(5, 40)}).similar_hits, 0u);
}

TEST_F(FixedLayer, RevokedMapAndMissingStoreGiveTheSameContext) {
  const Policy policy = fixed_policy();
  std::vector<at::Tensor> good, revoked, alone;
  (void)run(plan(policy), texts_);
  (void)run(plan(policy), texts_, &good);
  store_.revoking = true;
  EXPECT_EQ(run(plan(policy), texts_, &revoked).revoked, texts_.size());
  store_.gone = true;
  (void)run(plan(policy), texts_, &alone);
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    EXPECT_TRUE(at::equal(revoked[i], good[i]));
    EXPECT_TRUE(at::equal(alone[i], good[i]));
  }
}

TEST_F(MemoizedAttentionTest, PolicyThatDoesNotFitIsRefused) {
  const auto message = [&](const Policy& policy) {
    return MemoPlan::make(bert_, DataType::f32, policy, store_).status().message();
  };
  Policy policy = lookup_policy(0);
  policy.model = "beef";
  EXPECT_NE(message(policy).find("beef"), std::string::npos);
  policy = lookup_policy(0);
  policy.length = 65;
  EXPECT_NE(message(policy).find("65"), std::string::npos);
  policy = lookup_policy(0);
  policy.layers[2].compute_heads = {2};
  EXPECT_NE(message(policy).find("layer 2: compute_heads has 2"), std::string::npos);
  policy.layers[2] = {HeadMode::lookup, 0, true, {}, {1}, {1}, {}};
  EXPECT_NE(message(policy).find("head 1 is listed twice"), std::string::npos);
  policy = lookup_policy(0);
  policy.embedder = folder_.file("embedder");
  EmbedderShape shape;
  shape.hidden = 32;
  shape.length_bucket = kBucketLength;
  ASSERT_TRUE(Embedder::projection(shape, 1)->save(policy.embedder));
  EXPECT_NE(message(policy).find(policy.embedder), std::string::npos);
}

TEST_F(MemoizedAttentionTest, WorkersOfOnePlanRunSideBySide) {
  MemoPlan& shared = plan(lookup_policy(0));
  const std::vector<at::Tensor> expected = plain(texts_);
  std::vector<std::vector<at::Tensor>> states(3);
  std::vector<std::thread> workers;
  for (auto& result : states)
    workers.emplace_back([&] {
      for (int pass = 0; pass < 4; ++pass) (void)run(shared, texts_, &result);
    });
  for (std::thread& worker : workers) worker.join();
  for (const auto& result : states) expect_close(result, expected, kU8);
  EXPECT_EQ(store_.publish_counts().acknowledged, all_);  // whoever came second found a duplicate
}

TEST_F(MemoizedAttentionTest, ModelsNeverShareASpace) {
  (void)run(plan(lookup_policy(0)), texts_);
  const Checkpoint other = test::random_bert(2);
  const auto made = MemoPlan::make(other, DataType::f32, lookup_policy(1000), store_);
  ASSERT_TRUE(made);
  MemoizedAttention attention(**made);
  (void)states_of(other, texts_, &attention);
  for (const LayerCounters& layer : attention.counters()) EXPECT_EQ(layer.exact_hits + layer.similar_hits, 0u);
}

}  // namespace
}  // namespace memo
