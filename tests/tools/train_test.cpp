#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "embed/embedder.h"
#include "model/text/task_head.h"
#include "model/tuning/training/head_fit.h"
#include "model/tuning/training/logistic.h"
#include "model/tuning/training/map_average.h"
#include "tests/support/temp_dir.h"
#include "tools/memo-train/head_command.h"
#include "tools/memo-train/projection_command.h"

namespace memo {
namespace {

TEST(Logistic, GradientIsZeroAtTheFit) {
  const at::Tensor samples = at::randn({60, 4}, at::kDouble);
  const at::Tensor positive = (samples.select(1, 0) + 0.5 * at::randn({60}, at::kDouble) > 0.2).to(at::kDouble);
  const double l2 = 0.3;
  const LogisticFit fit = fit_logistic(samples, positive, l2);
  const at::Tensor error = at::sigmoid(at::mv(samples, fit.weight) + fit.bias) - positive;
  EXPECT_LT((at::mv(samples.t(), error) + l2 * fit.weight).abs().max().item<double>(), 1e-4);
  EXPECT_NEAR(error.sum().item<double>(), 0, 1e-4);
}

TEST(Logistic, SeparableSamplesStayFinite) {
  const at::Tensor samples = at::linspace(-1, 1, 20, at::kDouble).unsqueeze(1);
  const LogisticFit fit = fit_logistic(samples, (samples.squeeze(1) > 0).to(at::kDouble), 1e-3);
  EXPECT_GT(fit.weight[0].item<double>(), 1);
  EXPECT_TRUE(std::isfinite(fit.bias));
}

class HeadTraining : public testing::Test {
 protected:
  HeadTraining() {
    options_.embeddings = folder_.file("embeddings.jsonl");
    options_.labels = folder_.file("labels.jsonl");
    options_.output = folder_.file("head.json");
  }
  void write(const std::string& embeddings, const std::string& labels) {
    std::ofstream(options_.embeddings) << embeddings;
    std::ofstream(options_.labels) << labels;
  }
  test::TempDir folder_;
  HeadOptions options_;
};

TEST_F(HeadTraining, LearnsThreeLabelsById) {
  std::string embeddings, labels;
  for (int i = 0; i < 90; ++i) {
    const int kind = i % 3;
    const double wiggle = 0.01 * (i / 3);
    embeddings += "{\"id\": " + std::to_string(i) + ", \"embedding\": [" +
                  std::to_string(kind == 0 ? 1 + wiggle : wiggle) + ", " +
                  std::to_string(kind == 1 ? 1 - wiggle : 0) + "]}\n";
    labels = "{\"id\": " + std::to_string(i) + ", \"label\": \"kind" + std::to_string(kind) + "\"}\n" + labels;
  }
  write(embeddings, labels + "{\"id\": 500, \"label\": \"unused\"}\n{\"id\": 1, \"label\": null}\n");
  const Status trained = train_head(options_);
  ASSERT_TRUE(trained) << trained.message();
  const auto head = TaskHead::load(options_.output, 2);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->classes.size(), 3u);
  const float first[] = {1.1f, 0}, second[] = {0.1f, 0.9f};
  EXPECT_EQ(head->predict(first).label, "kind0");
  EXPECT_EQ(head->predict(second).label, "kind1");
}

TEST_F(HeadTraining, MistakesAreNamed) {
  const std::string good = "{\"id\": \"a\", \"embedding\": [1, 2]}\n";
  const std::string label = "{\"id\": \"a\", \"label\": \"x\"}\n";
  const auto message = [&](const std::string& embeddings, const std::string& labels) {
    write(embeddings, labels);
    return train_head(options_).message();
  };
  EXPECT_NE(message(good, "{\"id\": \"b\", \"label\": \"x\"}\n").find("do the ids agree"), std::string::npos);
  EXPECT_NE(message(good, label).find("nothing to tell apart"), std::string::npos);
  EXPECT_NE(message(good, "{\"id\": \"a\"}\n").find("labels.jsonl:1:1: has no field \"label\""),
            std::string::npos);
  EXPECT_NE(message(good + "{\"id\": \"a\"}\n", label).find("embeddings.jsonl:2"), std::string::npos);
  EXPECT_NE(message(good + "{\"id\": \"a\", \"embedding\": [1]}\n", label).find("has 1 numbers, the first has 2"),
            std::string::npos);
}

TEST(ChooseL2, PenaltyIsTheLargestWhereEmbeddingsTellNothing) {
  at::manual_seed(3);
  const at::Tensor embeddings = at::randn({90, 30});
  std::vector<std::size_t> labels;
  for (int i = 0; i < 90; ++i) labels.push_back(static_cast<std::size_t>(i / 3 % 2));
  EXPECT_EQ(choose_l2(embeddings, labels, 2), std::end(kL2Choices)[-1]);
}

TEST(ChooseL2, PenaltyIsSmallWhereOneDirectionTellsAll) {
  at::manual_seed(3);
  const at::Tensor embeddings = at::randn({300, 4});
  std::vector<std::size_t> labels;
  for (int i = 0; i < 300; ++i) labels.push_back(embeddings[i][2].item<float>() > 0 ? 1 : 0);
  EXPECT_EQ(choose_l2(embeddings, labels, 2), kL2Choices[0]);
}

// Labels that follow from nothing, of more dimensions than texts: whatever was fitted to is known by heart.
struct LearntByHeart {
  LearntByHeart() {
    at::manual_seed(5);
    embeddings = at::randn({120, 150});
    for (int i = 0; i < 120; ++i) labels.push_back(static_cast<std::size_t>(i * i / 7 % 2));
  }
  at::Tensor embeddings;
  std::vector<std::size_t> labels;
  std::vector<std::string> classes = {"a", "b"};
};

TEST(CrossValidatedAnswers, TextIsJudgedByAHeadThatWasNotFittedToIt) {
  const LearntByHeart texts;
  const TaskHead head = fit_head(texts.embeddings, texts.labels, texts.classes, 1);
  EXPECT_EQ(std::ranges::count(right_answers(head, texts.embeddings, texts.labels, texts.classes), true), 120);
  const std::vector<bool> right = cross_validated_answers(texts.embeddings, texts.labels, texts.classes, 1);
  ASSERT_EQ(right.size(), 120u);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(right, true)), 60, 20);
}

TEST(CrossValidatedAnswers, AreInTheOrderOfTheTexts) {
  at::manual_seed(5);
  const at::Tensor embeddings = at::randn({123, 4});
  std::vector<std::size_t> labels;
  for (int i = 0; i < 123; ++i) labels.push_back(embeddings[i][2].item<float>() > 0 ? 1 : 0);
  // Far from the border, so that no head doubts it.
  for (const int wrong : {3, 17, 122}) {
    embeddings[wrong].zero_()[2] = 3;
    labels[static_cast<std::size_t>(wrong)] = 0;
  }
  const std::vector<bool> right = cross_validated_answers(embeddings, labels, {"a", "b"}, 1);
  for (const std::size_t wrong : {3u, 17u, 122u}) EXPECT_FALSE(right[wrong]) << wrong;
  EXPECT_GT(std::ranges::count(right, true), 100);
}

TEST(MapAverage, ElementsAreAveragedOverTheSequencesThatHaveThem) {
  MapAverage average(1, 4);
  average.add(at::eye(3).unsqueeze(0));
  average.add(at::full({1, 2, 2}, 0.5));
  const at::Tensor expected = at::zeros({1, 4, 4});
  expected[0][0][0] = 0.75;
  expected[0][0][1] = 0.25;
  expected[0][1][0] = 0.25;
  expected[0][1][1] = 0.75;
  expected[0][2][2] = 1;       // of the first sequence alone
  expected[0][3].fill_(0.25);  // nobody's row
  EXPECT_TRUE(at::allclose(average.mean(), expected)) << average.mean();
}

TEST(MapAverage, EveryRowSumsToOne) {
  MapAverage average(2, 12);
  for (const std::int64_t length : {12, 5, 9}) average.add(at::softmax(at::randn({2, length, length}), -1));
  EXPECT_TRUE(at::allclose(average.mean().sum(-1), at::ones({2, 12})));
}

TEST(Projection, WrittenEmbedderIsTheOneOfThatSeed) {
  const test::TempDir folder;
  ProjectionOptions options;
  options.shape.hidden = 16;
  options.shape.length_bucket = 32;
  options.seed = 9;
  options.output = folder.file("embedder.safetensors");
  ASSERT_TRUE(train_projection(options));
  EXPECT_EQ(Embedder::load(options.output)->fingerprint(), Embedder::projection(options.shape, 9)->fingerprint());
  options.shape.segments = 0;
  EXPECT_FALSE(train_projection(options));
}

}  // namespace
}  // namespace memo
