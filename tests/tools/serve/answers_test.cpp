// What a model computed is written as its clients read it, number by number.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tests/tools/serve/served_models.h"
#include "tools/memo-serve/api/answers.h"

namespace memo::test {
namespace {

using Json = nlohmann::json;

// A test changes the rows where it needs numbers of its own.
class Answers : public testing::Test {
 protected:
  TextRequest request_of(const std::vector<std::string>& texts) const {
    TextRequest request;
    request.texts = texts;
    return request;
  }
  std::shared_ptr<ServiceJob> computed(const ServedModel& model, const TextRequest& request) const {
    return compute(model, request);
  }
  static std::span<float> row(const ServiceJob& job, std::size_t input) {
    return job.batch.rows[job.batch.text_of[input]].elements();
  }
  static double length_of(const std::vector<float>& numbers) {
    double sum = 0;
    for (const float number : numbers) sum += double{number} * number;
    return std::sqrt(sum);
  }

  std::mutex turn_;
  TempDir classifier_folder_;
  ServedModel embedder_ = serve("tiny", data_folder("tiny-bert"), turn_);
  ServedModel classifier_ = serve("spam", make_classifier(classifier_folder_), turn_);
};

TEST_F(Answers, EmbeddingsKeepEveryBitOfTheirNumbers) {
  TextRequest request = request_of({"money", "the meeting"});
  request.normalize = false;
  const auto job = computed(embedder_, request);
  const auto text = write_embeddings({embedder_, request, *job});
  ASSERT_TRUE(text);
  const auto read = Json::parse(*text).get<std::vector<std::vector<float>>>();
  ASSERT_EQ(read.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_EQ(read[i].size(), 64u);
    EXPECT_EQ(std::memcmp(read[i].data(), job->row(i).data(), 64 * sizeof(float)), 0);
  }
}

TEST_F(Answers, EmbeddingsAreScaledToLengthOneUnlessAskedOtherwise) {
  const TextRequest request = request_of({"money"});
  const auto job = computed(embedder_, request);
  const auto read = Json::parse(*write_embeddings({embedder_, request, *job}))[0].get<std::vector<float>>();
  EXPECT_NEAR(length_of(read), 1, 1e-5);
}

TEST_F(Answers, ACutEmbeddingIsTheFirstNumbersScaledAgain) {
  embedder_.dimensions = {16};
  TextRequest request = request_of({"money"});
  request.dimensions = 16;
  ASSERT_FALSE(embedder_.check_embedding(request));
  const auto job = computed(embedder_, request);
  const auto read = Json::parse(*write_embeddings({embedder_, request, *job}))[0].get<std::vector<float>>();
  ASSERT_EQ(read.size(), 16u);
  EXPECT_NEAR(length_of(read), 1, 1e-5);
  EXPECT_NEAR(read[3] / read[0], job->row(0)[3] / job->row(0)[0], 1e-4);
}

TEST_F(Answers, ANumberThatIsNotFiniteIsNeverWritten) {
  TextRequest request = request_of({"money", "offer"});
  request.normalize = false;
  const auto job = computed(embedder_, request);
  for (const float number : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    row(*job, 1)[5] = number;
    EXPECT_FALSE(write_embeddings({embedder_, request, *job}));
    EXPECT_FALSE(write_openai_embeddings({embedder_, request, *job}));
    EXPECT_FALSE(write_similarities({embedder_, request, *job}));
  }
}

TEST_F(Answers, SimilaritiesAreCosinesWithTheFirstText) {
  const TextRequest request = request_of({"money", "money", "the meeting"});
  const auto job = computed(embedder_, request);
  const Json read = Json::parse(*write_similarities({embedder_, request, *job}));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_NEAR(read[0].get<double>(), 1, 1e-6);
  EXPECT_LT(read[1].get<double>(), 0.9999);
}

TEST_F(Answers, OfANullVectorTheCosineIsZero) {
  const TextRequest request = request_of({"money", "offer"});
  const auto job = computed(embedder_, request);
  for (float& number : row(*job, 1)) number = 0;
  EXPECT_EQ(*write_similarities({embedder_, request, *job}), "[0]");
}

TEST_F(Answers, OpenAiEmbeddingsCountTokensAndNameTheModel) {
  const TextRequest request = request_of({"money", "money", "the meeting"});
  const auto job = computed(embedder_, request);
  const Json read = Json::parse(*write_openai_embeddings({embedder_, request, *job}));
  EXPECT_EQ(read["object"], "list");
  EXPECT_EQ(read["model"], "tiny");
  ASSERT_EQ(read["data"].size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read["data"][i]["index"], i);
    EXPECT_EQ(read["data"][i]["object"], "embedding");
  }
  EXPECT_EQ(read["data"][0]["embedding"], read["data"][1]["embedding"]);
  EXPECT_EQ(read["usage"]["prompt_tokens"], job->tokens());
  EXPECT_EQ(read["usage"]["total_tokens"], job->tokens());
}

TEST_F(Answers, Base64HoldsTheSameNumbers) {
  TextRequest request = request_of({"money"});
  const auto job = computed(embedder_, request);
  const Json numbers = Json::parse(*write_openai_embeddings({embedder_, request, *job}))["data"][0]["embedding"];
  request.base64 = true;
  const Json text = Json::parse(*write_openai_embeddings({embedder_, request, *job}))["data"][0]["embedding"];
  EXPECT_EQ(text.get<std::string>().size(), (64 * sizeof(float) + 2) / 3 * 4);
  EXPECT_EQ(numbers.size(), 64u);
}

TEST_F(Answers, PredictionsAreOrderedAndSumToOne) {
  const TextRequest request = request_of({"money", "a b c"});
  const auto job = computed(classifier_, request);
  const Json read = Json::parse(*write_predictions({classifier_, request, *job}));
  ASSERT_EQ(read.size(), 2u);
  for (const Json& scores : read) {
    ASSERT_EQ(scores.size(), 3u);
    EXPECT_GE(scores[0]["score"], scores[1]["score"]);
    EXPECT_GE(scores[1]["score"], scores[2]["score"]);
    double sum = 0;
    for (const Json& score : scores) sum += score["score"].get<double>();
    EXPECT_NEAR(sum, 1, 1e-6);
  }
}

TEST_F(Answers, APredictionOfASingleTextIsNoListOfLists) {
  TextRequest request = request_of({"money"});
  request.single = true;
  request.raw_scores = true;
  const auto job = computed(classifier_, request);
  const Json read = Json::parse(*write_predictions({classifier_, request, *job}));
  ASSERT_EQ(read.size(), 3u);
  EXPECT_TRUE(read[0].contains("label"));
}

TEST_F(Answers, OfAModelWithAnotherTaskAreRefused) {
  const TextRequest request = request_of({"money"});
  EXPECT_EQ(classifier_.check_embedding(request)->fault, Fault::wrong_task);
  EXPECT_EQ(embedder_.check_classification(request)->fault, Fault::wrong_task);
  EXPECT_EQ(classifier_.check_ranking(request)->fault, Fault::wrong_task);
  EXPECT_FALSE(embedder_.check_embedding(request));
  EXPECT_FALSE(classifier_.check_classification(request));
}

TEST_F(Answers, OfASizeThatNobodyAllowedAreRefusedWithTheAllowedOnes) {
  TextRequest request = request_of({"money"});
  request.dimensions = 64;
  EXPECT_FALSE(embedder_.check_embedding(request));
  request.dimensions = 7;
  const ApiError error = embedder_.check_embedding(request).value();
  EXPECT_EQ(error.field, "dimensions");
  EXPECT_NE(error.message.find("`dimensions` is 7, tiny has 64"), std::string::npos) << error.message;
}

TEST_F(Answers, AnUnknownPromptIsRefusedByItsName) {
  TextRequest request = request_of({"money"});
  std::optional<std::string> prompt;
  EXPECT_FALSE(embedder_.find_prompt(request, prompt));
  EXPECT_FALSE(prompt);
  request.prompt_name = "nobody's";
  const ApiError error = embedder_.find_prompt(request, prompt).value();
  EXPECT_EQ(error.field, "prompt_name");
  EXPECT_NE(error.message.find("`nobody's`"), std::string::npos) << error.message;
}

}  // namespace
}  // namespace memo::test
