// The trainer on synthetic texts, of which only a few directions of the input matter.
#include "embed/training/siamese.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "embed/training/regressed_embedder.h"
#include "embed/training/siamese_network.h"
#include "tests/support/torch_files.h"

namespace memo {
namespace {

constexpr std::int64_t kTexts = 400;

EmbedderShape pair_shape() {
  EmbedderShape shape;
  shape.hidden = 24;
  shape.length_bucket = shape.segments = 4;
  shape.token_width = 8;
  shape.feature_dimension = 8;
  return shape;
}

// Similarity falls with the distance of the first two numbers of each segment; the others are noise, so much louder.
SiameseSamples samples(double loudness = 2) {
  at::Generator generator = at::detail::createCPUGenerator(5);
  SiameseSamples samples;
  samples.pooled = at::randn({kTexts, 4, 24}, generator, at::kFloat) * loudness;
  samples.pooled.narrow(2, 0, 2).div_(loudness);
  const at::Tensor matter = samples.pooled.narrow(2, 0, 2).flatten(1).contiguous();
  samples.similarity = (-at::cdist(matter, matter) / 4).exp();
  return samples;
}

SiameseOptions options() {
  SiameseOptions options;
  options.hidden_width = 32;
  options.batch = 128;
  options.learning_rate = 1e-2;  // few steps
  options.steps = 200;
  options.check_every = 20;
  return options;
}

Embedder start() {
  return *Embedder::projection(pair_shape(), 1);
}

double retrieved(const Embedder& embedder, const SiameseSamples& samples) {
  const at::Tensor features = to_torch(embedder.embed_pooled(from_torch(samples.pooled)));
  const at::Tensor distances = at::cdist(features, features) + 1e9 * at::eye(features.size(0));
  return samples.similarity.gather(1, distances.argmin(1, true)).mean().item<double>();
}

// Of the texts from 300 on, among themselves; the others are trained on.
double retrieved_of_unseen(const Embedder& embedder, const SiameseSamples& all) {
  return retrieved(embedder, {all.pooled.narrow(0, 300, 100),
                              all.similarity.narrow(0, 300, 100).narrow(1, 300, 100).contiguous()});
}
SiameseSamples seen(const SiameseSamples& all) {
  return {all.pooled.narrow(0, 0, 300), all.similarity.narrow(0, 0, 300).narrow(1, 0, 300).contiguous()};
}

TEST(Siamese, RegressionFindsMoreSimilarMapsThanItsStartAlsoAmongTextsNotSeen) {
  const SiameseSamples all = samples();
  SiameseOptions chosen = options();
  chosen.steps = 0;
  const auto result = train_siamese(start(), seen(all), chosen);
  ASSERT_TRUE(result) << result.status().message();
  EXPECT_GT(result->ridge, 0);
  EXPECT_GT(retrieved_of_unseen(result->trained.embedder, all), retrieved_of_unseen(start(), all) + 0.05);
}

TEST(Siamese, RegressionsOfSeveralRidgesAreWhatEachIsAlone) {
  const SiameseSamples some = seen(samples());
  const std::vector<double> ridges{0.1, 10};
  const auto together = regress_embedders(pair_shape(), some.pooled, some.similarity, ridges);
  ASSERT_TRUE(together) << together.status().message();
  ASSERT_EQ(together->size(), 2u);
  for (std::size_t i = 0; i < ridges.size(); ++i) {
    const auto alone = regress_embedders(pair_shape(), some.pooled, some.similarity, {&ridges[i], 1});
    ASSERT_TRUE(alone) << alone.status().message();
    EXPECT_EQ((*together)[i].fingerprint(), alone->front().fingerprint());
  }
}

TEST(Siamese, TextsThatCannotStandInAreNotRetrieved) {
  SiameseSamples some = samples();
  some.similarity.narrow(1, 0, 200).fill_(-1);  // the shorter half
  SiameseOptions chosen = options();
  chosen.steps = 40;
  const auto result = train_siamese(start(), some, chosen);
  ASSERT_TRUE(result) << result.status().message();
  for (const ValidationPoint& point : result->curve) EXPECT_GT(point.retrieved, 0);
  for (const SimilarityCurve::Knot& knot : result->trained.curve.knots()) EXPECT_GE(knot.similarity, 0);
}

class SiameseLosses : public testing::TestWithParam<SiameseLoss> {};

// Noise as loud as what matters: louder noise needs more texts than these by steps alone, which the regression does not.
TEST_P(SiameseLosses, StepsFindMoreSimilarMapsThanTheStartAlsoAmongTextsNotSeen) {
  const SiameseSamples all = samples(1);
  SiameseOptions chosen = options();
  chosen.ridges.clear();  // steps alone
  chosen.loss = GetParam();
  const auto result = train_siamese(start(), seen(all), chosen);
  ASSERT_TRUE(result) << result.status().message();
  EXPECT_GT(retrieved_of_unseen(result->trained.embedder, all), retrieved_of_unseen(start(), all) + 0.05);
}

INSTANTIATE_TEST_SUITE_P(All, SiameseLosses, testing::Values(SiameseLoss::ranking, SiameseLoss::regression));

TEST(Siamese, NetworkStartsWithTheDistancesOfTheEmbedderItStartsFrom) {
  const SiameseSamples all = samples();
  for (const std::uint32_t width : {0u, 32u}) {
    const SiameseNetwork network(start(), width, all.pooled.mean(0), 1);
    const at::Tensor wanted = to_torch(start().embed_pooled(from_torch(all.pooled)));
    const at::Tensor features = network.features(all.pooled).detach();
    EXPECT_LT((at::cdist(features, features) - at::cdist(wanted, wanted)).abs().max().item<double>(), 1e-2);
    EXPECT_LT((to_torch(network.embedder(1)->embed_pooled(from_torch(all.pooled))) - features)
                  .abs()
                  .max()
                  .item<double>(),
              1e-4);
  }
}

TEST(Siamese, SameSeedGivesTheSameEmbedderAndAnotherSeedAnother) {
  const SiameseSamples all = samples();
  SiameseOptions chosen = options();
  chosen.steps = 40;
  const Digest first = train_siamese(start(), all, chosen)->trained.embedder.fingerprint();
  EXPECT_EQ(train_siamese(start(), all, chosen)->trained.embedder.fingerprint(), first);
  chosen.seed = 2;
  EXPECT_NE(train_siamese(start(), all, chosen)->trained.embedder.fingerprint(), first);
}

TEST(Siamese, StoppingKeepsTheBestSoFar) {
  const SiameseSamples all = samples();
  const auto result =
      train_siamese(start(), all, options(), [](const ValidationPoint& point) { return point.step < 60; });
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->interrupted);
  EXPECT_EQ(result->curve.size(), 4u);
  EXPECT_GT(retrieved(result->trained.embedder, all), retrieved(start(), all));
}

TEST(Siamese, DistancesPredictSimilarity) {
  const auto result = train_siamese(start(), samples(), options());
  ASSERT_TRUE(result);
  const SimilarityCurve& curve = result->trained.curve;
  ASSERT_GE(curve.knots().size(), 2u);
  EXPECT_GT(curve.similarity_at(0), curve.similarity_at(1));
}

TEST(Siamese, TooFewTextsAndBadOptionsAreRefused) {
  EXPECT_EQ(train_siamese(start(), {at::zeros({31, 4, 24}), at::zeros({31, 31})}, options()).status().code(),
            StatusCode::invalid_argument);
  SiameseOptions narrow = options();
  narrow.hidden_width = 15;
  EXPECT_EQ(train_siamese(start(), samples(), narrow).status().code(), StatusCode::invalid_argument);
}

}  // namespace
}  // namespace memo
