// The engine against golden outputs of a reference in double precision (golden/reference.py).
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>

#include "model/checkpoint/bert_checkpoint.h"
#include "model/engine/attention.h"
#include "model/engine/bert_encoder.h"
#include "tests/model/golden.h"
#include "tests/support/random_bert.h"

namespace memo {
namespace {

using Sequences = std::vector<std::vector<std::int32_t>>;

constexpr double kGoldenTolerance = 1e-4;
constexpr double kPaddingTolerance = 1e-5;

TokenBatch batch_of(const Sequences& sequences) {
  const std::vector<std::span<const std::int32_t>> views(sequences.begin(), sequences.end());
  return TokenBatch::pad(views, 0);
}

at::Tensor states_of(const BertCheckpoint& checkpoint, const TokenBatch& batch) {
  PlainAttention attention(checkpoint);
  return BertEncoder(checkpoint).forward(batch, attention);
}

at::Tensor embed(const BertCheckpoint& checkpoint, const Sequences& sequences) {
  const TokenBatch batch = batch_of(sequences);
  return pool(states_of(checkpoint, batch), batch, checkpoint.config.pooling);
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

at::Tensor values_of(const nlohmann::json& values) {
  const auto floats = values.get<std::vector<float>>();
  return at::tensor(floats);
}

Sequences golden_ids(const nlohmann::json& golden) {
  Sequences sequences;
  for (const auto& entry : golden) sequences.push_back(test::ids_of(entry));
  return sequences;
}

BertCheckpoint load(const std::string& folder) {
  auto checkpoint = BertCheckpoint::load(folder);
  EXPECT_TRUE(checkpoint.is_ok()) << checkpoint.status().message();
  return std::move(checkpoint).value();
}

class EngineTest : public testing::Test {
 protected:
  BertCheckpoint checkpoint_ = load(test::data_path("tiny-bert"));
  nlohmann::json golden_ = test::golden("tiny-bert-golden.json");
  Sequences ids_ = golden_ids(golden_);
};

TEST_F(EngineTest, EmbeddingsOfAPaddedBatchEqualTheReference) {
  const at::Tensor embeddings = embed(checkpoint_, ids_);
  for (std::size_t i = 0; i < ids_.size(); ++i)
    EXPECT_LE(difference(embeddings[static_cast<std::int64_t>(i)], values_of(golden_[i]["embedding"])),
              kGoldenTolerance)
        << golden_[i]["text"];
}

TEST_F(EngineTest, StatesOfAPaddedBatchEqualTheReference) {
  const TokenBatch batch = batch_of(ids_);
  const at::Tensor states = states_of(checkpoint_, batch);
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    const at::Tensor last = states[static_cast<std::int64_t>(i)][batch.lengths[i] - 1];
    EXPECT_LE(difference(last, values_of(golden_[i]["last_state"])), kGoldenTolerance) << golden_[i]["text"];
  }
}

TEST_F(EngineTest, PaddingDoesNotChangeASequence) {
  const at::Tensor together = embed(checkpoint_, ids_);
  for (std::size_t i = 0; i < ids_.size(); ++i)
    EXPECT_LE(difference(together[static_cast<std::int64_t>(i)], embed(checkpoint_, {ids_[i]})[0]),
              kPaddingTolerance);
}

TEST_F(EngineTest, TheOrderOfABatchDoesNotMatter) {
  const Sequences reversed(ids_.rbegin(), ids_.rend());
  EXPECT_LE(difference(embed(checkpoint_, ids_), embed(checkpoint_, reversed).flip(0)), kPaddingTolerance);
}

TEST_F(EngineTest, TheLongestLengthOfTheModelRuns) {
  const Sequences longest = {
      std::vector<std::int32_t>(static_cast<std::size_t>(checkpoint_.config.max_positions), 7)};
  EXPECT_TRUE(at::isfinite(embed(checkpoint_, longest)).all().item<bool>());
}

TEST_F(EngineTest, AttentionMapsAreProbabilitiesAndPaddingGetsNone) {
  const TokenBatch batch = batch_of({{2, 5, 3}, {2, 3}});
  const at::Tensor map = attention_map(at::randn({2, 4, 3, 16}), at::randn({2, 4, 3, 16}), batch.mask);
  EXPECT_LE(difference(map.sum(-1), at::ones({2, 4, 3})), 1e-6);
  EXPECT_EQ(map[1].select(-1, 2).abs().max().item<float>(), 0);
}

TEST_F(EngineTest, ClsPoolingTakesTheFirstToken) {
  const TokenBatch batch = batch_of(ids_);
  const at::Tensor states = states_of(checkpoint_, batch);
  const at::Tensor first = states.select(1, 0);
  EXPECT_LE(difference(pool(states, batch, Pooling::cls), first / first.norm(2, {1}, true)), 1e-6);
}

TEST_F(EngineTest, TheActivationOfTheConfigIsUsed) {
  const at::Tensor erf = embed(checkpoint_, ids_);
  checkpoint_.config.activation = Activation::gelu_tanh;
  const at::Tensor tanh = embed(checkpoint_, ids_);
  checkpoint_.config.activation = Activation::relu;
  EXPECT_LE(difference(erf, tanh), 0.005);
  EXPECT_GT(difference(erf, tanh), 1e-6);
  EXPECT_GT(difference(erf, embed(checkpoint_, ids_)), 0.01);
}

TEST(TokenBatch, PadsToTheLongestAndMasksTheRest) {
  const TokenBatch sut = batch_of({{1, 2, 3}, {4}});
  EXPECT_TRUE(at::equal(sut.ids, at::tensor({1, 2, 3, 4, 0, 0}, at::kLong).view({2, 3})));
  EXPECT_EQ(sut.lengths, (std::vector<std::int32_t>{3, 1}));
  EXPECT_TRUE(
      at::equal(at::isinf(sut.mask.view({2, 3})), at::tensor({0, 0, 0, 0, 1, 1}).view({2, 3}).to(at::kBool)));
}

TEST(TokenBatch, EvenBatchesNeedNoMask) {
  EXPECT_FALSE(batch_of({{1, 2}, {3, 4}}).mask.defined());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // whose allocators have pages of their own
std::int64_t minor_faults() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt;
}

TEST(PlainEngine, AWarmForwardPassFaultsNoPages) {
  configure_process_for_inference();
  const BertCheckpoint checkpoint = test::random_bert();
  const BertEncoder sut(checkpoint);
  const TokenBatch batch = batch_of(Sequences(64, std::vector<std::int32_t>(64, 7)));
  PlainAttention attention(checkpoint);
  std::vector<std::int64_t> faults;
  for (int i = 0; i < 25; ++i) {
    const std::int64_t before = minor_faults();
    (void)sut.forward(batch, attention);
    faults.push_back(minor_faults() - before);
  }
  // The heap may still grow now and then, where its layout happens to differ; without the settings every pass
  // faults thousands.
  std::nth_element(faults.begin(), faults.begin() + 12, faults.end());
  EXPECT_LE(faults[12], 1);
}
#endif

TEST(RealModel, EmbeddingsOfMailsEqualTheReference) {
  if (test::real_model().empty()) GTEST_SKIP() << "MEMO_MODEL_DIR is not set: the real model is not in the tree";
  const BertCheckpoint checkpoint = load(test::real_model());
  const nlohmann::json golden = test::golden("minilm-embeddings.json");
  const at::Tensor embeddings = embed(checkpoint, golden_ids(golden));
  for (std::size_t i = 0; i < golden.size(); ++i)
    EXPECT_LE(difference(embeddings[static_cast<std::int64_t>(i)], values_of(golden[i]["embedding"])),
              kGoldenTolerance);
}

}  // namespace
}  // namespace memo
