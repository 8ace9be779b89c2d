#include "model/text/scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace memo {
namespace {

using Indices = std::vector<std::size_t>;

TEST(Scores, SoftmaxAddsUpToOneHoweverLargeTheLogitsAre) {
  const float logits[] = {1000, 1000 + std::log(3.0f), -1000};
  const std::vector<double> scores = scores_of(logits, ScoreFunction::softmax);
  EXPECT_NEAR(scores[0], 0.25, 1e-4);
  EXPECT_NEAR(scores[1], 0.75, 1e-4);
  EXPECT_NEAR(scores[2], 0, 1e-12);
}

TEST(Scores, SigmoidJudgesEachLabelForItself) {
  const float logits[] = {0, 2, -2000};
  const std::vector<double> scores = scores_of(logits, ScoreFunction::sigmoid);
  EXPECT_NEAR(scores[0], 0.5, 1e-12);
  EXPECT_NEAR(scores[1], 1 / (1 + std::exp(-2.0)), 1e-12);
  EXPECT_EQ(scores[2], 0);
}

TEST(Scores, IdentityLeavesLogitsAsTheyAre) {
  const float logits[] = {-3.5f, 7};
  EXPECT_EQ(scores_of(logits, ScoreFunction::identity), (std::vector<double>{-3.5, 7}));
}

TEST(Scores, TheBestComeFirstAndTheLowerIndexAmongEquals) {
  const double scores[] = {0.1, 0.4, 0.1, 0.4};
  EXPECT_EQ(best_of(scores, 4), (Indices{1, 3, 0, 2}));
  EXPECT_EQ(best_of(scores, 1), (Indices{1}));
  EXPECT_EQ(best_of(scores, 9).size(), 4u);
}

}  // namespace
}  // namespace memo
