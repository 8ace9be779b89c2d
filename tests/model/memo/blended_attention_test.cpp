// Layers that read blends of the nearest maps, against a reference that blends decoded maps, over both kinds of store.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "memod/store/local_store.h"
#include "model/memo/memoized_attention.h"
#include "tests/model/memo/faulty_store.h"
#include "tests/model/memo/sequences.h"
#include "tests/support/pool/served_pool.h"
#include "tests/support/random_bert.h"
#include "tests/support/relative_error.h"
#include "tests/support/temp_dir.h"

namespace memo {
namespace {

using test::random_sequence;
using test::relative_error;
using test::Sequence;
using test::states_of;

constexpr std::uint32_t kLength = 48;
constexpr std::uint32_t kHeads = 2;
constexpr std::size_t kLayer = 1;  // the one that blends
constexpr float kAny = 1000;       // a distance that every map is within

// A map in memory of its own.
struct OwnMap {
  MapShape shape;
  std::shared_ptr<std::byte> memory;
  std::span<std::byte> payload() const { return {memory.get(), shape.payload_bytes()}; }

  explicit OwnMap(MapShape map_shape)
      : shape(map_shape),
        memory(new (std::align_val_t{64}) std::byte[map_shape.payload_bytes()]{},
               [](std::byte* bytes) { operator delete[](bytes, std::align_val_t{64}); }) {}
};

// Reads at one layer what the definition says: maps found by hand, decoded, cropped, and blended with weights 1 / d⁴.
class ReferenceBlend : public AttentionSource {
 public:
  ReferenceBlend(MemoPlan& plan, std::uint32_t neighbours) : plan_(plan), neighbours_(neighbours) {}

  std::vector<float> weights;  // of the last sequence's maps

  void begin(TokenSequences batch) override { batch_ = batch.size(); }
  LayerAttention prepare(std::size_t layer, const LayerStates& states) override {
    LayerAttention attention;
    attention.modes = modes_;
    attention.sequences.resize(batch_);
    maps_.clear();
    for (std::size_t i = 0; i < batch_ && layer == kLayer; ++i) {
      const OwnMap& map = maps_.emplace_back(blend(i, states));
      attention.sequences[i].hit = {{{map.payload(), map.shape}, 1}};
    }
    return attention;
  }
  bool intact(std::size_t) const override { return true; }
  void finish(std::size_t, std::span<const SequenceOutcome>) override {}

 private:
  std::vector<std::optional<Match>> find(std::size_t sequence, const LayerStates& states) {
    FeatureTable features(plan_.embedder(kLayer), batch_);
    features.make(states, {sequence});
    const LookupItem item{Key{1, 1}, features.of(sequence), states.length(sequence)};
    std::vector<std::optional<Match>> found(neighbours_);
    const Status status = plan_.store().lookup(
        {*plan_.space(kLayer), static_cast<Layer>(kLayer), kAny, {&item, 1}, neighbours_}, found);
    EXPECT_TRUE(status) << status.message();
    return found;
  }

  OwnMap blend(std::size_t sequence, const LayerStates& states) {
    const std::int64_t length = states.length(sequence);
    at::Tensor sum = at::zeros({kHeads, length, length}, at::kDouble);
    double weight_sum = 0;
    weights.clear();
    for (const auto& match : find(sequence, states)) {
      if (!match) continue;
      const double weight = std::pow(double{match->distance}, -4);
      weights.push_back(static_cast<float>(weight));
      weight_sum += weight;
      sum += weight * decoded(*match, length);
    }
    const at::Tensor map = (sum / weight_sum).to(at::kFloat).contiguous();
    OwnMap own({kHeads, static_cast<std::uint32_t>(length), MapEncoding::f32});
    encode_map(map.data_ptr<float>(), static_cast<std::size_t>(length * length), static_cast<std::size_t>(length),
               own.shape, own.payload());
    return own;
  }

  at::Tensor decoded(const Match& match, std::int64_t length) const {
    at::Tensor map = at::empty({kHeads, match.length, match.length});
    decode_map(match.view.payload(), plan_.map_shape(kLayer, match.length),
               {map.data_ptr<float>(), static_cast<std::size_t>(map.numel())});
    const at::Tensor cropped = map.narrow(1, 0, length).narrow(2, 0, length).to(at::kDouble);
    return match.length == length ? cropped : cropped / cropped.sum(-1, true);
  }

  MemoPlan& plan_;
  const std::uint32_t neighbours_;
  const std::vector<HeadMode> modes_{kHeads, HeadMode::lookup};
  std::size_t batch_ = 0;
  std::vector<OwnMap> maps_;
};

class BlendedAttention : public testing::TestWithParam<const char*> {
 protected:
  BlendedAttention() : store_(make_store()) {
    // The layer's maps of nine texts.
    for (unsigned seed = 1; seed <= 6; ++seed) stored_.push_back(random_sequence(seed, 40));
    for (unsigned seed = 7; seed <= 9; ++seed) stored_.push_back(random_sequence(seed, 48));
    Policy policy = blend_policy(1);
    policy.selection = Selection::fixed;  // features of everything
    policy.layers[kLayer].max_distance = 0;
    policy.layers[kLayer].publish = true;
    (void)run(plan(policy), stored_);
    EXPECT_TRUE(store_.flush(std::chrono::seconds(30)));
  }

  std::unique_ptr<MemoStore> make_store() {
    if (GetParam() == std::string("LocalStore")) return *open_local_store({folder_.file("pool"), 64 << 20, false});
    served_.emplace();
    return served_->attach();
  }

  // Only one layer looks up.
  Policy blend_policy(std::uint32_t neighbours) const {
    Policy policy = Policy::defaults(kLength, bert_.config.layers);
    policy.layers.assign(policy.layers.size(), {HeadMode::compute});
    LayerPolicy& layer = policy.layers[kLayer];
    layer.mode = HeadMode::lookup;
    layer.max_distance = kAny;
    layer.neighbours = neighbours;
    layer.publish = false;
    return policy;
  }
  MemoPlan& plan(const Policy& policy) {
    auto made = MemoPlan::make(bert_, DataType::f32, policy, store_);
    EXPECT_TRUE(made) << made.status().message();
    plans_.push_back(std::move(*made));
    return *plans_.back();
  }
  LayerCounters run(MemoPlan& plan, const std::vector<Sequence>& sequences,
                    std::vector<at::Tensor>* states = nullptr, std::uint32_t threads = 1) {
    MemoizedAttention attention(plan);
    std::vector<at::Tensor> result = states_of(bert_, sequences, &attention, threads);
    if (states != nullptr) *states = std::move(result);
    return attention.counters()[kLayer];
  }
  void expect_close(const std::vector<at::Tensor>& actual, const std::vector<at::Tensor>& expected,
                    double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i)
      EXPECT_LT(relative_error(actual[i], expected[i]), tolerance) << "sequence " << i;
  }

  test::TempDir folder_;
  std::optional<test::ServedPool> served_;
  const Checkpoint bert_ = test::random_bert();
  test::FaultyStore store_;
  std::vector<std::unique_ptr<MemoPlan>> plans_;
  std::vector<Sequence> stored_;
  const std::vector<Sequence> fresh_{random_sequence(20, 48), random_sequence(21, 48)};
};

TEST_P(BlendedAttention, LayerOfFourNeighboursEqualsTheReference) {
  MemoPlan& sut = plan(blend_policy(4));
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(sut, fresh_, &states);
  EXPECT_EQ(counters.similar_hits, 2u);
  EXPECT_EQ(counters.blended, 6u);  // only three are long enough
  EXPECT_EQ(counters.computed + counters.errors, 0u);
  ReferenceBlend reference(sut, 4);
  expect_close(states, states_of(bert_, fresh_, &reference), 2e-3);
  // And that is not what one map gives.
  ReferenceBlend single(sut, 1);
  EXPECT_GT(relative_error(states[0], states_of(bert_, fresh_, &single)[0]), 0.01);
}

TEST_P(BlendedAttention, LongerMapsAreCroppedBeforeTheyAreBlended) {
  const std::vector<Sequence> shorter{random_sequence(22, 40), random_sequence(23, 33)};
  MemoPlan& sut = plan(blend_policy(9));
  std::vector<at::Tensor> states;
  EXPECT_EQ(run(sut, shorter, &states).blended, 18u);
  ReferenceBlend reference(sut, 9);
  expect_close(states, states_of(bert_, shorter, &reference), 1e-2);
}

TEST_P(BlendedAttention, PartsOfASequenceOnSeveralThreadsReadTheSameBlend) {
  MemoPlan& sut = plan(blend_policy(3));
  std::vector<at::Tensor> one, two;
  (void)run(sut, {fresh_[0]}, &one, 1);
  EXPECT_EQ(run(sut, {fresh_[0]}, &two, 2).blended, 3u);
  expect_close(two, one, 1e-5);
}

TEST_P(BlendedAttention, AnExactMapStandsAlone) {
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(blend_policy(4)), {stored_[7]}, &states);
  EXPECT_EQ(counters.exact_hits, 1u);
  EXPECT_EQ(counters.blended, 0u);
  expect_close(states, states_of(bert_, {stored_[7]}, nullptr), 1e-2);
}

TEST_P(BlendedAttention, OneRevokedNeighbourIsEnoughToCompute) {
  store_.revoking = true;
  store_.spared = 2;
  std::vector<at::Tensor> states;
  const LayerCounters counters = run(plan(blend_policy(3)), {fresh_[0]}, &states);
  EXPECT_EQ(counters.revoked, 1u);
  EXPECT_EQ(counters.computed, 1u);
  EXPECT_EQ(counters.similar_hits + counters.blended, 0u);
  expect_close(states, states_of(bert_, {fresh_[0]}, nullptr), 1e-5);
}

TEST_P(BlendedAttention, NeighboursThatCannotBeReadAreLeftOut) {
  store_.truncating = true;
  store_.spared = 1;
  std::vector<at::Tensor> states, nearest;
  const LayerCounters counters = run(plan(blend_policy(3)), {fresh_[0]}, &states);
  EXPECT_EQ(counters.errors, 2u);
  EXPECT_EQ(counters.similar_hits, 1u);
  EXPECT_EQ(counters.blended, 0u);
  store_.truncating = false;
  (void)run(plan(blend_policy(1)), {fresh_[0]}, &nearest);
  EXPECT_TRUE(at::equal(states[0], nearest[0]));
}

TEST_P(BlendedAttention, WhatFollowsFromABlendIsOnlyForThoseWhoBlendAlike) {
  const auto policy = [&](std::uint32_t neighbours, bool publish) {
    Policy made = blend_policy(neighbours);
    made.layers[2].mode = HeadMode::lookup;
    made.layers[2].publish = publish;
    return made;
  };
  const auto exact_hits_behind = [&](std::uint32_t neighbours) {
    MemoizedAttention attention(plan(policy(neighbours, false)));
    (void)states_of(bert_, {fresh_[0]}, &attention);
    return attention.counters()[2].exact_hits;
  };
  (void)run(plan(policy(3, true)), {fresh_[0]});
  ASSERT_TRUE(store_.flush(std::chrono::seconds(30)));
  EXPECT_EQ(exact_hits_behind(3), 1u);
  EXPECT_EQ(exact_hits_behind(2), 0u);
  EXPECT_EQ(exact_hits_behind(1), 0u);
}

TEST_P(BlendedAttention, LargeBatchesBlendFewerMapsRatherThanNone) {
  const std::vector<Sequence> many(256, random_sequence(24, 3));
  const LayerCounters counters = run(plan(blend_policy(9)), many);
  if (GetParam() == std::string("LocalStore")) {
    EXPECT_EQ(counters.similar_hits, 256u);
    EXPECT_EQ(counters.blended, 512u);
  } else {
    EXPECT_EQ(counters.errors, 256u);  // this client has 64 leases: everything is computed
    EXPECT_EQ(counters.computed, 256u);
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, BlendedAttention, testing::Values("LocalStore", "AttachedStore"),
                         [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace memo
