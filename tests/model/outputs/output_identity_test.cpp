// What decides a result tells its memos apart, and nothing else does.
#include "model/outputs/output_identity.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>

#include "model/outputs/output_space.h"
#include "tools/common/random_model/random_model.h"

namespace memo {
namespace {

constexpr char kArithmetic[] = "f32 avx2";

Checkpoint tiny(Task task = Task::classification) {
  RandomModel model;
  model.family = Family::bert;
  model.task = task;
  return *random_checkpoint(model);
}

Tensor changed(const Tensor& tensor) {
  Tensor copy = tensor.clone();
  copy.elements()[0] += 1;
  return copy;
}

DenseModule dense() {
  return {{Tensor::zeros({4, 4}), Tensor::zeros({4})}};
}

Digest identity(const Checkpoint& checkpoint) {
  return output_identity(checkpoint, kArithmetic, {});
}

TEST(OutputIdentity, IsTheSameForTheSameModel) {
  EXPECT_EQ(identity(tiny()), identity(tiny()));
}

TEST(OutputIdentity, DiffersWithEverythingThatDecidesAResult) {
  const std::pair<const char*, std::function<void(Checkpoint&)>> changes[] = {
      {"weights", [](Checkpoint& c) { c.fingerprint.low ^= 1; }},
      {"pooling", [](Checkpoint& c) { c.config.pooling = {Pooling::max}; }},
      {"two poolings",
       [](Checkpoint& c) {
         c.config.pooling = {Pooling::cls, Pooling::mean};
       }},
      {"their order",
       [](Checkpoint& c) {
         c.config.pooling = {Pooling::mean, Pooling::cls};
       }},
      {"tokens of a prompt left out", [](Checkpoint& c) { c.config.pooled_from = 1; }},
      {"more of them", [](Checkpoint& c) { c.config.pooled_from = 2; }},
      {"padding", [](Checkpoint& c) { c.config.padding_id = 3; }},
      {"no normalization", [](Checkpoint& c) { c.embedding_modules = {}; }},
      {"a dense layer", [](Checkpoint& c) { c.embedding_modules = {dense()}; }},
      {"its activation",
       [](Checkpoint& c) {
         DenseModule other = dense();
         other.activation = Function::relu;
         c.embedding_modules = {other};
       }},
      {"its weights",
       [](Checkpoint& c) {
         DenseModule other = dense();
         other.linear.bias = changed(other.linear.bias);
         c.embedding_modules = {other};
       }},
      {"its shape",
       [](Checkpoint& c) {
         DenseModule other = dense();
         other.linear.weight = Tensor::zeros({2, 8});
         c.embedding_modules = {other};
       }},
      {"the order of modules",
       [](Checkpoint& c) {
         c.embedding_modules = {NormalizeModule(), dense()};
       }},
      {"a norm",
       [](Checkpoint& c) {
         c.embedding_modules = {LayerNormModule{{Tensor::zeros({4}), Tensor::zeros({4})}, 1e-5}};
       }},
      {"its epsilon",
       [](Checkpoint& c) {
         c.embedding_modules = {LayerNormModule{{Tensor::zeros({4}), Tensor::zeros({4})}, 1e-6}};
       }},
      {"truncation", [](Checkpoint& c) { c.embedding_modules = {TruncateModule{8}}; }},
      {"more of it", [](Checkpoint& c) { c.embedding_modules = {TruncateModule{9}}; }},
      {"no head", [](Checkpoint& c) { c.config.task = Task::embedding; }},
      {"the head's weights",
       [](Checkpoint& c) { c.classification.out.weight = changed(c.classification.out.weight); }},
      {"its bias", [](Checkpoint& c) { c.classification.out.bias = changed(c.classification.out.bias); }},
      {"its activation ", [](Checkpoint& c) { c.classification.activation = Activation::relu; }},
  };
  std::map<Digest, const char*> found{{identity(tiny()), "nothing changed"}};
  for (const auto& [name, change] : changes) {
    Checkpoint other = tiny();
    change(other);
    const auto [same, is_new] = found.emplace(identity(other), name);
    EXPECT_TRUE(is_new) << name << " as " << same->second;
  }
  EXPECT_FALSE(found.contains(output_identity(tiny(), "bf16 avx2", {}))) << "the number format";
  EXPECT_FALSE(found.contains(output_identity(tiny(), kArithmetic, {1, 2}))) << "fixed maps";
}

TEST(StatesIdentity, DiffersWithThePassAndNotWithWhatComesAfterIt) {
  const Checkpoint checkpoint = tiny();
  const Digest states = states_identity(checkpoint, kArithmetic, {});
  Checkpoint other = tiny();
  other.fingerprint.low ^= 1;
  EXPECT_NE(states, states_identity(other, kArithmetic, {})) << "weights";
  EXPECT_NE(states, states_identity(checkpoint, "bf16 avx2", {})) << "the number format";
  EXPECT_NE(states, states_identity(checkpoint, kArithmetic, {1, 2})) << "fixed maps";
  EXPECT_NE(states, identity(checkpoint)) << "results";
  other = tiny(Task::embedding);
  other.config.pooling = {Pooling::max};
  other.embedding_modules = {dense()};
  EXPECT_EQ(states, states_identity(other, kArithmetic, {}));
}

TEST(OutputIdentity, DoesNotDependOnWhatComesAfterLogits) {
  Checkpoint other = tiny();
  other.config.score_function = ScoreFunction::sigmoid;
  other.config.labels.assign(other.config.labels.size(), "renamed");
  EXPECT_EQ(identity(other), identity(tiny()));
}

TEST(OutputKey, DiffersWithTokensTheirOrderAndTypes) {
  const std::vector<std::int32_t> ids{1, 2, 3}, turned{1, 3, 2}, longer{1, 2, 3, 0}, types{0, 0, 1},
      untyped{0, 0, 0};
  const Key key = output_key(ids);
  EXPECT_EQ(key, output_key({ids, untyped})) << "a token without a type has type 0";
  for (const TokenSequence& other : {TokenSequence(turned), TokenSequence(longer), TokenSequence(ids, types)})
    EXPECT_NE(output_key(other), key);
}

TEST(OutputShape, HoldsWhatTheTaskMakes) {
  const Checkpoint classifier = tiny(Task::classification), embedder = tiny(Task::embedding);
  for (const std::size_t tokens : {1, 9})
    EXPECT_EQ(OutputShape::of(embedder).numbers(tokens), static_cast<std::size_t>(embedder.embedding_size()));
  EXPECT_EQ(OutputShape::of(classifier).logits, classifier.config.labels.size());
}

TEST(OutputShape, OfStatesGrowsWithTheTokens) {
  const Checkpoint checkpoint = tiny();
  const auto hidden = static_cast<std::size_t>(checkpoint.config.hidden);
  EXPECT_EQ(OutputShape::of_states(checkpoint).numbers(7), 7 * hidden);
  EXPECT_EQ(OutputShape::of_states(checkpoint).kind(), MemoKind::states);
  EXPECT_EQ(OutputShape::of(checkpoint).kind(), MemoKind::output);
}

TEST(OutputSpace, HasABucketForEachPowerOfTwoOfStates) {
  using Buckets = std::vector<std::uint32_t>;
  const OutputShape states{.per_token = 4};
  EXPECT_EQ(length_buckets({.embedding = 4}, 100, 512), Buckets{512});
  EXPECT_EQ(length_buckets(states, 1, 512), Buckets{16});
  EXPECT_EQ(length_buckets(states, 16, 512), Buckets{16});
  EXPECT_EQ(length_buckets(states, 17, 512), (Buckets{16, 32}));
  EXPECT_EQ(length_buckets(states, 512, 514), (Buckets{16, 32, 64, 128, 256, 512}));
  EXPECT_EQ(length_buckets(states, 514, 514), (Buckets{16, 32, 64, 128, 256, 512, 514}));
  EXPECT_EQ(length_buckets(states, 8, 8), Buckets{8});
}

}  // namespace
}  // namespace memo
