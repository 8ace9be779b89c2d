#include "model/tuning/calibration/calibrate.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>

#include "embed/training/torch_tensor.h"
#include "memod/store/local_store.h"
#include "model/engine/engine.h"
#include "model/memo/memoized_attention.h"
#include "model/memo/no_store.h"
#include "tests/model/calibration/calibration_fixture.h"
#include "tests/support/temp_dir.h"

namespace memo {
namespace {

using Texts = std::vector<std::vector<std::int32_t>>;

at::Tensor embeddings(const Checkpoint& model, MemoPlan* plan, const Texts& texts) {
  const std::unique_ptr<Engine> engine = std::move(*Engine::make(model, {DataType::f32, 1}));
  const std::vector<TokenSequence> batch(texts.begin(), texts.end());
  std::unique_ptr<MemoizedAttention> source;
  if (plan != nullptr) source = std::make_unique<MemoizedAttention>(*plan);
  engine->forward(batch, source.get());
  return to_torch(engine->embeddings());
}

class CalibrateModel : public testing::Test {
 protected:
  explicit CalibrateModel(Family family = Family::bert) : model_(test::small_model(family)) {
    options_.spill_folder = folder_.path();
  }

  std::unique_ptr<MemoPlan> plan(const Checkpoint& model, const Policy& policy, MemoStore& store) {
    auto made = MemoPlan::make(model, DataType::f32, policy, store);
    EXPECT_TRUE(made) << made.status().message();
    return std::move(*made);
  }
  // Mean cosine to plain over texts that nothing was fitted to.
  double cosine(const Checkpoint& model, const Policy& policy, MemoStore& store) {
    const auto memoized = plan(model, policy, store);
    return (embeddings(model_, nullptr, unseen_) * embeddings(model, memoized.get(), unseen_))
        .sum(1)
        .mean()
        .item<double>();
  }
  CalibratedModel calibrated(const Policy& policy, MemoStore& store) {
    auto result = calibrate(*plan(model_, policy, store), texts_, options_);
    EXPECT_TRUE(result) << result.status().message();
    return std::move(*result);
  }
  Policy fixed(const std::vector<std::size_t>& layers) {
    return test::fixed_policy(model_, folder_.file("codebook.safetensors"), layers);
  }
  Checkpoint applied(const CalibratedModel& result) { return result.calibration.apply(model_).value(); }

  test::TempDir folder_;
  const Checkpoint model_;
  NoStore no_store_;
  CalibrationOptions options_;
  const Texts texts_ = test::random_texts(400, 1);
  const Texts unseen_ = test::random_texts(60, 2);
};

class CalibrateFamily : public CalibrateModel, public testing::WithParamInterface<Family> {
 protected:
  CalibrateFamily() : CalibrateModel(GetParam()) {}
};

TEST_P(CalibrateFamily, BringsUnseenTextsCloserToPlain) {
  const Policy policy = fixed({0, 1});
  const double before = cosine(model_, policy, no_store_);
  const CalibratedModel result = calibrated(policy, no_store_);
  const double after = cosine(applied(result), policy, no_store_);
  EXPECT_LT(1 - after, 0.7 * (1 - before)) << before << " -> " << after;
  EXPECT_LT(result.report.cosine_before, result.report.cosine_after);
}
INSTANTIATE_TEST_SUITE_P(Families, CalibrateFamily,
                         testing::Values(Family::bert, Family::distilbert, Family::roberta, Family::deberta,
                                         Family::gpt2, Family::mpnet));

TEST_F(CalibrateModel, WithNothingMemoizedEveryWeightStays) {
  const CalibratedModel result = calibrated(fixed({}), no_store_);
  EXPECT_TRUE(result.calibration.tensors().empty());
  EXPECT_NEAR(result.report.cosine_before, 1, 1e-6);
  EXPECT_NEAR(result.report.cosine_after, 1, 1e-6);
  EXPECT_EQ(applied(result).fingerprint, model_.fingerprint);
}

TEST_F(CalibrateModel, LayersBeforeTheFirstMemoizedOneStay) {
  const CalibratedModel result = calibrated(fixed({1}), no_store_);
  for (const auto& [name, tensor] : result.calibration.tensors())
    EXPECT_FALSE(name.starts_with("layer.0.")) << name;
  EXPECT_TRUE(result.calibration.tensors().contains("layer.1.attention_output.weight"));
}

TEST_F(CalibrateModel, ReportIsThatOfTheAppliedModel) {
  const Policy policy = fixed({0, 1, 2});
  const CalibratedModel result = calibrated(policy, no_store_);
  const Checkpoint model = applied(result);
  // The texts held out: every tenth batch.
  Texts held_out;
  for (std::size_t i = 0; i < texts_.size(); ++i)
    if (i / options_.batch % 10 == 9) held_out.push_back(texts_[i]);
  ASSERT_EQ(held_out.size(), result.report.held_out);
  const auto memoized = plan(model, policy, no_store_);
  const double expected = (embeddings(model_, nullptr, held_out) * embeddings(model, memoized.get(), held_out))
                              .sum(1)
                              .mean()
                              .item<double>();
  EXPECT_NEAR(result.report.cosine_after, expected, 1e-5);
}

TEST_F(CalibrateModel, SomeHeadsOfALayerMayBeFixed) {
  Policy policy = fixed({});
  for (LayerPolicy& layer : policy.layers) {
    layer.fixed_heads = {1, 3};
    layer.map = "even";
  }
  const double before = cosine(model_, policy, no_store_);
  const double after = cosine(applied(calibrated(policy, no_store_)), policy, no_store_);
  EXPECT_LT(1 - after, 0.7 * (1 - before)) << before << " -> " << after;
}

TEST_F(CalibrateModel, HitsAndMissesAreFittedAsThePolicyMixesThem) {
  const auto store = std::move(*open_local_store({folder_.file("pool"), 64 << 20, false}));
  Policy filling = fixed({});
  filling.selection = Selection::fixed;  // features of everything
  for (LayerPolicy& layer : filling.layers) {
    layer.mode = HeadMode::lookup;
    layer.publish = true;
  }
  const Texts stored = test::random_texts(60, 3);
  const auto fill = [&](const Checkpoint& model) {
    (void)embeddings(model, plan(model, filling, *store).get(), stored);
    ASSERT_TRUE(store->flush(std::chrono::seconds(10)));
  };
  fill(model_);
  Policy policy = filling;
  for (LayerPolicy& layer : policy.layers) {
    layer.publish = false;
    layer.max_distance = 30;
  }
  const auto memoized = plan(model_, policy, *store);
  MemoizedAttention source(*memoized);
  const auto engine = std::move(*Engine::make(model_, {DataType::f32, 1}));
  engine->forward(std::vector<TokenSequence>(texts_.begin(), texts_.begin() + 100), &source);
  ASSERT_GT(source.counters()[0].similar_hits, 10u);
  ASSERT_GT(source.counters()[0].computed, 10u);
  const double before = cosine(model_, policy, *store);
  const CalibratedModel result = calibrated(policy, *store);
  const Checkpoint model = applied(result);
  fill(model);
  const double after = cosine(model, policy, *store);
  EXPECT_GT(after, before);
  EXPECT_GT(result.report.cosine_after, result.report.cosine_before);
}

TEST_F(CalibrateModel, MemosOfTheCalibratedModelAreInASpaceOfTheirOwn) {
  const auto store = std::move(*open_local_store({folder_.file("pool"), 64 << 20, false}));
  Policy policy = fixed({0});
  policy.layers[2].mode = HeadMode::lookup;
  const Checkpoint model = applied(calibrated(policy, *store));
  EXPECT_NE(model.fingerprint, model_.fingerprint);
  EXPECT_EQ(model.published_fingerprint(), model_.fingerprint);
  EXPECT_NE(plan(model, policy, *store)->space(2), plan(model_, policy, *store)->space(2));
  policy.model = model_.fingerprint.hex();
  EXPECT_TRUE(MemoPlan::make(model, DataType::f32, policy, *store));
}

TEST_F(CalibrateModel, OnlyWhatIsAskedForIsRefitted) {
  options_.feed_forward_out = options_.later_layers = false;
  const CalibratedModel result = calibrated(fixed({1}), no_store_);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : result.calibration.tensors()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"layer.1.attention_output.bias", "layer.1.attention_output.weight"}));
}

TEST_F(CalibrateModel, Bf16StreamsAreFittedToo) {
  if (supported_type(DataType::bf16) != DataType::bf16) GTEST_SKIP() << "this CPU has no bf16 products";
  const auto made = MemoPlan::make(model_, DataType::bf16, fixed({0, 1}), no_store_);
  const auto result = calibrate(**made, texts_, options_);
  ASSERT_TRUE(result) << result.status().message();
  EXPECT_LT(1 - result->report.cosine_after, 0.7 * (1 - result->report.cosine_before));
}

TEST_F(CalibrateModel, ThreadsChangeNothingButRounding) {
  const Policy policy = fixed({0, 1});
  const double one = calibrated(policy, no_store_).report.cosine_after;
  options_.threads = 3;
  EXPECT_NEAR(calibrated(policy, no_store_).report.cosine_after, one, 1e-3);
}

TEST_F(CalibrateModel, ProgressGoesFromStartToEnd) {
  std::vector<double> seen;
  ASSERT_TRUE(calibrate(*plan(model_, fixed({0}), no_store_), texts_, options_,
                        [&](double fraction) { seen.push_back(fraction); }));
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_LE(seen.front(), 0.1);
  EXPECT_NEAR(seen.back(), 1, 1e-9);
}

TEST_F(CalibrateModel, HeapDoesNotGrowWithTheSample) {
  const auto most_used = [&](std::size_t count) {
    const Texts texts = test::random_texts(count, 7);
    const auto policy = plan(model_, fixed({0, 1}), no_store_);
    const std::size_t before = mallinfo2().uordblks;
    std::size_t most = before;
    EXPECT_TRUE(calibrate(*policy, texts, options_,
                          [&](double) { most = std::max<std::size_t>(most, mallinfo2().uordblks); }));
    return most - before;
  };
  const std::size_t few = most_used(200);
  if (few == 0) GTEST_SKIP() << "this malloc does not count";
  // A batch's spans and lineages remain: some 40 bytes a text, where its states would be 12 KiB.
  EXPECT_LT(most_used(2000), few + 1800 * 200);
}

TEST_F(CalibrateModel, MistakesAreNamed) {
  const auto message = [&](const Policy& policy, const Texts& texts) {
    return calibrate(*plan(model_, policy, no_store_), texts, options_).status().message();
  };
  const auto expect_named = [](const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect_named(message(fixed({0}), test::random_texts(19, 1)), "19 texts are too few");
  Texts texts = texts_;
  texts[7].clear();
  expect_named(message(fixed({0}), texts), "text 7 has 0 tokens");
  texts[7].assign(test::kTextLength + 1, 1);
  expect_named(message(fixed({0}), texts), "text 7 has 25 tokens, must have 1 to 24");
  texts[7] = {1, 100};
  expect_named(message(fixed({0}), texts), "text 7 has token 100");
  texts[7] = {-1, 3};
  expect_named(message(fixed({0}), texts), "text 7 has token -1");
  Policy publishing = fixed({0});
  publishing.layers[2].mode = HeadMode::lookup;
  publishing.layers[2].publish = true;
  expect_named(message(publishing, texts_), "publishes at layer 2");
  options_.ridges = {0};
  expect_named(message(fixed({0}), texts_), "a ridge is 0");
  options_ = {};
  options_.spill_folder = folder_.file("nowhere");
  expect_named(message(fixed({0}), texts_), "no temporary file can be made here");
}

TEST_F(CalibrateModel, CalibratedModelIsNotCalibratedOnceMore) {
  const Policy policy = fixed({0});
  const Checkpoint model = applied(calibrated(policy, no_store_));
  const auto again = calibrate(*plan(model, policy, no_store_), texts_, options_);
  EXPECT_EQ(again.status().code(), StatusCode::invalid_argument);
}

}  // namespace
}  // namespace memo
