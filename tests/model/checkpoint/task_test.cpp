// What a checkpoint is for, by its config: the task, its labels and how scores are made.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

#include "model/checkpoint/checkpoint.h"
#include "tests/model/golden.h"
#include "tests/support/model_folder.h"

namespace memo {
namespace {

using test::ModelFolder;

TEST(Task, TheFirstArchitectureSaysTheTask) {
  ModelFolder folder("families/bert-classifier");
  const std::pair<const char*, Task> tasks[] = {{"BertModel", Task::embedding},
                                                {"BertForMaskedLM", Task::embedding},
                                                {"BertForPreTraining", Task::embedding},
                                                {"BertForSequenceClassification", Task::classification}};
  for (const auto& [name, task] : tasks)
    EXPECT_EQ(folder.config_with("architectures", {name, "BertForTokenClassification"})->task, task) << name;
  EXPECT_EQ(folder.config_without("architectures")->task, Task::embedding);
  EXPECT_EQ(folder.config_with("architectures", nlohmann::json::array())->task, Task::embedding);
}

TEST(Task, HeadsThatAreNotRunAreRefusedByName) {
  ModelFolder folder("families/bert-classifier");
  for (const char* name : {"BertForTokenClassification", "BertForQuestionAnswering", "BertForMultipleChoice",
                           "BertForNextSentencePrediction", "BertLMHeadModel", "BertCrf"}) {
    const Status status = folder.config_with("architectures", {name}).status();
    EXPECT_EQ(status.code(), StatusCode::unsupported) << name;
    EXPECT_NE(status.message().find(name), std::string::npos) << status.message();
  }
}

TEST(Task, HeadsDoNotCountWhereStatesAreWanted) {
  const ModelConfig sut = *ModelConfig::load(test::data_path("families/bert-classifier"), TaskHeads::none);
  EXPECT_EQ(sut.task, Task::embedding);
  EXPECT_EQ(sut.pooling, std::vector{Pooling::mean});
}

TEST(Task, ProblemAndNumberOfLabelsChooseTheScoreFunction) {
  ModelFolder folder("families/bert-classifier");
  const auto function = [&](const char* problem, nlohmann::json labels) {
    folder.config["id2label"] = std::move(labels);
    return folder.config_with("problem_type", problem == nullptr ? nlohmann::json() : problem)->score_function;
  };
  const nlohmann::json one = {{"0", "a"}}, two = {{"0", "a"}, {"1", "b"}};
  EXPECT_EQ(function(nullptr, two), ScoreFunction::softmax);
  EXPECT_EQ(function(nullptr, one), ScoreFunction::sigmoid);
  EXPECT_EQ(function("single_label_classification", two), ScoreFunction::softmax);
  EXPECT_EQ(function("single_label_classification", one), ScoreFunction::sigmoid);
  EXPECT_EQ(function("multi_label_classification", two), ScoreFunction::sigmoid);
  EXPECT_EQ(function("regression", one), ScoreFunction::identity);
  EXPECT_EQ(function("regression", two), ScoreFunction::identity);
  EXPECT_EQ(folder.config_with("problem_type", "ranking").status().code(), StatusCode::unsupported);
}

TEST(Task, ACrossEncodersOwnActivationMakesTheScores) {
  ModelFolder folder("families/bert-classifier");
  folder.config["id2label"] = {{"0", "a"}};
  const nlohmann::json identity = {{"activation_fn", "torch.nn.modules.linear.Identity"}, {"version", "4.0.1"}};
  EXPECT_EQ(folder.config_with("sentence_transformers", identity)->score_function, ScoreFunction::identity);
  EXPECT_EQ(folder.config_with("sbert_ce_default_activation_function", "torch.nn.modules.linear.Identity")
                ->score_function,
            ScoreFunction::identity);
  for (const char* other : {"torch.nn.modules.activation.Softmax", "my.package.Identity", ""}) {
    const Status status = folder.config_with("sentence_transformers", {{"activation_fn", other}}).status();
    EXPECT_EQ(status.code(), StatusCode::unsupported) << other;
    EXPECT_NE(status.message().find("sentence_transformers"), std::string::npos) << status.message();
  }
}

TEST(Task, LabelNamesThatAreNumbersAreNamedAsSuch) {
  ModelFolder folder("families/bert-classifier");
  const Status status = folder.config_with("id2label", {{"0", 0}, {"1", 1}}).status();
  EXPECT_EQ(status.code(), StatusCode::corrupt);
  EXPECT_NE(status.message().find("names label 0 with the number 0"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace memo
