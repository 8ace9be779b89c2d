// A forward pass in steps is the forward pass.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "embed/training/torch_tensor.h"
#include "model/engine/engine.h"
#include "tests/model/calibration/calibration_fixture.h"
#include "tests/support/relative_error.h"

namespace memo {
namespace {

struct StepsCase {
  Family family;
  DataType type;
  std::uint32_t threads;
};

class EngineSteps : public testing::TestWithParam<StepsCase> {
 protected:
  EngineSteps() : model_(test::small_model(GetParam().family)) {
    engine_ = std::move(*Engine::make(model_, {supported_type(GetParam().type), GetParam().threads}));
  }

  // Takes the batch through the layers by itself: what lies between two steps is copied out and in.
  void run_in_steps(TokenSequences batch) {
    engine_->start(batch);
    std::vector<std::uint32_t> lengths;
    for (const auto& tokens : batch) lengths.push_back(static_cast<std::uint32_t>(tokens.size()));
    for (std::size_t layer = 0; layer < model_.layers.size(); ++layer) {
      const std::size_t elements = engine_->layout().rows() * static_cast<std::size_t>(model_.config.hidden);
      const std::vector<float> states(engine_->rows(), engine_->rows() + elements);
      engine_->start(batch);  // overwrites what is there
      engine_->resume(lengths, states.data());
      std::vector<std::byte> context(elements * sizeof(float));
      engine_->attend(layer, nullptr, context.data());
      engine_->add_context(layer, context.data());
      engine_->feed_forward(layer, nullptr);
      engine_->end_layer(layer);
    }
    engine_->end();
  }

  const Checkpoint model_;
  std::unique_ptr<Engine> engine_;
};

TEST_P(EngineSteps, GiveTheStatesOfForward) {
  const std::vector<std::vector<std::int32_t>> texts = test::random_texts(5, 1);
  const std::vector<TokenSequence> batch(texts.begin(), texts.end());
  engine_->forward(batch, nullptr);
  std::vector<at::Tensor> expected;
  for (std::size_t i = 0; i < batch.size(); ++i) expected.push_back(to_torch(engine_->states(i)));
  run_in_steps(batch);
  for (std::size_t i = 0; i < batch.size(); ++i)
    EXPECT_LT(test::relative_error(engine_->states(i), expected[i]), 1e-6) << i;
}

TEST_P(EngineSteps, InnerActivationsAreWhatTheSecondProductReads) {
  const std::vector<std::vector<std::int32_t>> texts = test::random_texts(1, 2);
  engine_->start(std::vector<TokenSequence>{texts[0]});
  const std::size_t rows = engine_->layout().rows();
  const auto hidden = static_cast<std::size_t>(model_.config.hidden);
  const auto columns = model_.config.intermediate;
  std::vector<std::byte> context(rows * hidden * sizeof(float)), inner(rows * columns * sizeof(float));
  engine_->attend(0, nullptr, context.data());
  engine_->add_context(0, context.data());
  const at::Tensor before = at::from_blob(const_cast<float*>(engine_->rows()),
                                          {static_cast<std::int64_t>(texts[0].size()), model_.config.hidden})
                                .clone();
  engine_->feed_forward(0, inner.data());
  const at::Tensor after = at::from_blob(const_cast<float*>(engine_->rows()), before.sizes()).clone();
  const LayerWeights& layer = model_.layers[0];
  const at::Tensor read = at::from_blob(inner.data(), {before.size(0), columns},
                                        engine_->type() == DataType::f32 ? at::kFloat : at::kBFloat16)
                              .to(at::kFloat);
  const at::Tensor residual =
      model_.config.norm_placement == NormPlacement::before
          ? before
          : at::layer_norm(before, {model_.config.hidden}, to_torch(layer.attention_norm.weight),
                           to_torch(layer.attention_norm.bias), model_.config.layer_norm_epsilon);
  const at::Tensor expected =
      residual + at::mm(read, to_torch(layer.feed_forward_out.weight).t()) + to_torch(layer.feed_forward_out.bias);
  EXPECT_LT(test::relative_error(after, expected), engine_->type() == DataType::f32 ? 1e-5 : 1e-2);
}

TEST_P(EngineSteps, AReplacedLayerIsTheOneThatRuns) {
  const std::vector<std::vector<std::int32_t>> texts = test::random_texts(3, 3);
  const std::vector<TokenSequence> batch(texts.begin(), texts.end());
  engine_->forward(batch, nullptr);
  Checkpoint changed = model_;
  changed.layers[1].attention_output.weight =
      from_torch(to_torch(changed.layers[1].attention_output.weight) * 0.5);
  for (int again = 0; again < 3; ++again) engine_->replace_layer(1, changed.layers[1]);
  engine_->forward(batch, nullptr);
  const auto other = std::move(*Engine::make(changed, {engine_->type(), 1}));
  other->forward(batch, nullptr);
  for (std::size_t i = 0; i < batch.size(); ++i)
    EXPECT_LT(test::relative_error(engine_->states(i), other->states(i)), 1e-5) << i;
}

INSTANTIATE_TEST_SUITE_P(
    Families, EngineSteps,
    testing::Values(StepsCase{Family::bert, DataType::f32, 1}, StepsCase{Family::bert, DataType::bf16, 1},
                    StepsCase{Family::bert, DataType::f32, 3}, StepsCase{Family::deberta, DataType::f32, 2},
                    StepsCase{Family::gpt2, DataType::f32, 1}, StepsCase{Family::gpt2, DataType::bf16, 3}));

}  // namespace
}  // namespace memo
