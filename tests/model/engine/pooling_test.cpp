// Pooling and embedding modules on numbers that can be checked by hand.
#include "model/engine/pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace memo {
namespace {

using Vector = std::vector<float>;

// Three tokens of two numbers.
const Vector kStates = {1, -4, 3, 8, 5, -6};

Vector pooled(Pooling mode, std::size_t skipped = 0) {
  Vector out(2);
  pool(mode, {kStates.data(), 3, 2, skipped}, best_kernels(), out.data());
  return out;
}

void expect_near(const Vector& found, const Vector& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-6) << i;
}

TEST(Pooling, EveryModeIsWhatItsNameSays) {
  expect_near(pooled(Pooling::cls), {1, -4});
  expect_near(pooled(Pooling::last), {5, -6});
  expect_near(pooled(Pooling::max), {5, 8});
  expect_near(pooled(Pooling::mean), {3, -2.0f / 3});
  expect_near(pooled(Pooling::mean_sqrt_length), {9 / std::sqrt(3.0f), -2 / std::sqrt(3.0f)});
  expect_near(pooled(Pooling::weighted_mean), {(1 + 6 + 15) / 6.0f, (-4 + 16 - 18) / 6.0f});
}

TEST(Pooling, SkippedTokensDoNotCountButKeepTheirPlaces) {
  expect_near(pooled(Pooling::cls, 1), {3, 8});
  expect_near(pooled(Pooling::last, 1), {5, -6});
  expect_near(pooled(Pooling::max, 2), {5, -6});
  expect_near(pooled(Pooling::mean, 1), {4, 1});
  expect_near(pooled(Pooling::mean_sqrt_length, 1), {8 / std::sqrt(2.0f), 2 / std::sqrt(2.0f)});
  expect_near(pooled(Pooling::weighted_mean, 1), {(6 + 15) / 5.0f, (16 - 18) / 5.0f});
}

TEST(Pooling, WhereEveryTokenIsSkippedTheMeanIsZero) {
  for (const Pooling mode : {Pooling::mean, Pooling::mean_sqrt_length, Pooling::weighted_mean})
    expect_near(pooled(mode, 3), {0, 0});
  expect_near(pooled(Pooling::cls, 5), {1, -4});
}

Vector applied(std::vector<EmbeddingModule> modules, const Vector& vector) {
  const Tensor input = Tensor::of({1, static_cast<std::int64_t>(vector.size())}, vector);
  const Tensor output = apply_modules(modules, input);
  return {output.elements().begin(), output.elements().end()};
}

TEST(EmbeddingModules, DenseMultipliesAddsAndActivates) {
  const LinearWeights linear = {Tensor::of({3, 2}, Vector{1, 2, 0.5f, -1, 3, 1}),
                                Tensor::of({3}, Vector{0.5f, 0, -1})};
  const Vector product = {1 * 0.2f - 2 * 0.4f + 0.5f, 0.5f * 0.2f + 0.4f, 3 * 0.2f - 0.4f - 1};
  const auto with = [&](Function activation) { return applied({DenseModule{linear, activation}}, {0.2f, -0.4f}); };
  const auto of_each = [&](float (*function)(float)) {
    Vector values = product;
    for (float& value : values) value = function(value);
    return values;
  };
  expect_near(with(Function::identity), product);
  expect_near(with(Function::tanh), of_each([](float x) { return std::tanh(x); }));
  expect_near(with(Function::relu), of_each([](float x) { return std::max(x, 0.0f); }));
  expect_near(with(Function::sigmoid), of_each([](float x) { return 1 / (1 + std::exp(-x)); }));
  expect_near(with(Function::silu), of_each([](float x) { return x / (1 + std::exp(-x)); }));
  expect_near(with(Function::gelu_erf),
              of_each([](float x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0f))); }));
}

TEST(EmbeddingModules, RunInTheirOrder) {
  const EmbeddingModule twice = DenseModule{{Tensor::of({2, 2}, Vector{2, 0, 0, 2}), {}}, Function::identity};
  expect_near(applied({NormalizeModule{}, twice}, {3, 4}), {1.2f, 1.6f});
  expect_near(applied({twice, NormalizeModule{}}, {3, 4}), {0.6f, 0.8f});
  expect_near(applied({twice, TruncateModule{1}}, {3, 4}), {6});
  expect_near(applied({TruncateModule{5}}, {3, 4}), {3, 4});
  expect_near(applied({}, {3, 4}), {3, 4});
}

TEST(EmbeddingModules, LayerNormHasWeightBiasAndTheDefaultEpsilon) {
  const LayerNormModule norm{{Tensor::of({2}, Vector{2, 3}), Tensor::of({2}, Vector{0.5f, -0.5f})}};
  const float scale = 1 / std::sqrt(0.25f + 1e-5f);
  expect_near(applied({norm}, {3, 4}), {-0.5f * scale * 2 + 0.5f, 0.5f * scale * 3 - 0.5f});
}

TEST(EmbeddingModules, AZeroVectorStaysZeroWhenNormalized) {
  expect_near(applied({NormalizeModule{}}, {0, 0}), {0, 0});
}

}  // namespace
}  // namespace memo
