// Checkpoints of every family, as transformers write them, and what transformers compute of them
// (golden/make_families.py).
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "tests/model/golden.h"
#include "tests/support/model_folder.h"
#include "tests/support/reference_model.h"
#include "tests/support/torch_files.h"

namespace memo {
namespace {

using test::ModelFolder;

// The golden values are rounded to f32; sums of 96 products of f64 are not.
constexpr double kTolerance = 2e-5;

Checkpoint load(const std::string& name) {
  auto checkpoint = Checkpoint::load(test::data_path(name));
  EXPECT_TRUE(checkpoint.is_ok()) << checkpoint.status().message();
  return checkpoint ? std::move(checkpoint).value() : Checkpoint{};
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

std::vector<std::int32_t> golden_ids(const SafetensorsFile& golden, const std::string& length) {
  const Tensor ids = golden.byte_tensor("ids." + length, {-1}).value();
  return {ids.data_ptr<std::uint8_t>(), ids.data_ptr<std::uint8_t>() + ids.numel()};
}

void expect_golden(const std::string& folder, const std::string& name, const std::vector<std::string>& lengths) {
  const Checkpoint sut = load(folder);
  const std::string path = test::data_path(folder + "/" + name);
  const auto file = SafetensorsFile::open(path);
  auto golden = test::read_tensors(path);
  for (const std::string& length : lengths) {
    const auto output = test::ReferenceModel(sut).run(golden_ids(*file, length));
    EXPECT_LE(difference(output.states, golden["states." + length]), kTolerance) << length;
    EXPECT_LE(difference(output.maps.back(), golden["map." + length]), kTolerance) << length;
    ASSERT_EQ(output.logits.defined(), golden.contains("logits." + length));
    if (!output.logits.defined()) continue;
    EXPECT_LE(difference(output.logits, golden["logits." + length]), kTolerance) << length;
  }
}

class FamilyGoldenTest : public testing::TestWithParam<const char*> {};

TEST_P(FamilyGoldenTest, TheLoadedWeightsComputeWhatTheReferenceDoes) {
  expect_golden(std::string("families/") + GetParam(), "golden.safetensors", {"1", "2", "7", "33", "64"});
}

TEST(Families, PaddingInsideATextTakesNoPosition) {
  for (const char* name : {"roberta-classifier", "mpnet", "mpnet-classifier"})
    expect_golden(std::string("families/") + name, "padding.safetensors", {"1", "7", "40"});
}

INSTANTIATE_TEST_SUITE_P(Models, FamilyGoldenTest,
                         testing::Values("bert-classifier", "distilbert-classifier", "roberta-classifier",
                                         "deberta-v3-classifier", "deberta-v2", "gpt2", "gpt2-classifier", "mpnet",
                                         "mpnet-classifier"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

void expect_small_sizes(const ModelConfig& config) {
  EXPECT_EQ(config.vocabulary, 90);
  EXPECT_EQ(config.hidden, 64);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.heads, 2);
  EXPECT_EQ(config.intermediate, 96);
  EXPECT_EQ(config.max_positions, 64);
}

const std::vector<std::string> kLabels = {"ham", "spam", "unsure"};

TEST(Families, BertClassifierHasAPoolerAndNamedLabels) {
  const Checkpoint sut = load("families/bert-classifier");
  expect_small_sizes(sut.config);
  EXPECT_EQ(sut.config.family, Family::bert);
  EXPECT_EQ(sut.config.task, Task::classification);
  EXPECT_EQ(sut.config.pooling, std::vector{Pooling::cls});
  EXPECT_EQ(sut.config.labels, kLabels);
  EXPECT_EQ(sut.config.token_types, 2);
  EXPECT_EQ(sut.classification.activation, Activation::tanh);
  EXPECT_EQ(sut.classification.out.weight.sizes(), (std::vector<std::int64_t>{3, 64}));
}

TEST(Families, DistilBertHasNoTokenTypesAndDefaultLabels) {
  const Checkpoint sut = load("families/distilbert-classifier");
  expect_small_sizes(sut.config);
  EXPECT_EQ(sut.config.family, Family::distilbert);
  EXPECT_EQ(sut.config.token_types, 0);
  EXPECT_FALSE(sut.token_type_embeddings.defined());
  EXPECT_EQ(sut.config.labels, (std::vector<std::string>{"LABEL_0", "LABEL_1"}));
  EXPECT_EQ(sut.classification.activation, Activation::relu);
}

TEST(Families, RobertaPositionsBeginBehindThePaddingId) {
  const Checkpoint sut = load("families/roberta-classifier");
  expect_small_sizes(sut.config);
  EXPECT_EQ(sut.config.family, Family::roberta);
  EXPECT_EQ(sut.config.position_offset, 2);
  EXPECT_EQ(sut.position_embeddings.size(0), 66);
  EXPECT_EQ(sut.config.layer_norm_epsilon, 1e-5);
}

TEST(Families, MpnetHasRobertasPositionsNoTokenTypesAndOneTableOfBiases) {
  const Checkpoint sut = load("families/mpnet-classifier");
  expect_small_sizes(sut.config);
  EXPECT_EQ(sut.config.family, Family::mpnet);
  EXPECT_EQ(sut.config.position_offset, 2);
  EXPECT_EQ(sut.config.padding_id, 1);
  EXPECT_EQ(sut.config.token_types, 0);
  EXPECT_EQ(sut.config.distance_buckets.count, 32);
  EXPECT_EQ(sut.config.distance_buckets.max_distance, 128);
  EXPECT_EQ(sut.layers[0].position_biases.sizes(), (std::vector<std::int64_t>{32, 2}));
  EXPECT_TRUE(sut.layers[1].position_biases.is_same(sut.layers[0].position_biases));
  EXPECT_EQ(sut.classification.activation, Activation::tanh);
  EXPECT_EQ(sut.config.pooling, std::vector{Pooling::cls});
}

TEST(Families, MpnetCountsTokenOneAsPaddingWhateverItsConfigSays) {
  const ModelFolder folder("families/mpnet");
  for (const nlohmann::json& id : {nlohmann::json(0), nlohmann::json(7), nlohmann::json(nullptr)}) {
    const auto sut = folder.config_with("pad_token_id", id);
    ASSERT_TRUE(sut.is_ok()) << sut.status().message();
    EXPECT_EQ(sut->padding_id, 1);
  }
}

TEST(Families, RobertaCountsTheConfigsTokenAsPadding) {
  const ModelFolder folder("families/roberta-classifier");
  EXPECT_EQ(folder.config_with("pad_token_id", 3)->padding_id, 3);
  EXPECT_EQ(folder.config_without("pad_token_id")->padding_id, 1);
}

TEST(Families, DebertaOfVersion3HasBucketsAndBothTerms) {
  const Checkpoint sut = load("families/deberta-v3-classifier");
  expect_small_sizes(sut.config);
  const RelativePositions& relative = sut.config.relative;
  EXPECT_EQ(relative.buckets, 8);
  EXPECT_EQ(relative.span, 8);
  EXPECT_EQ(relative.max_distance, 64);
  EXPECT_TRUE(relative.content_to_position && relative.position_to_content);
  EXPECT_FALSE(sut.position_embeddings.defined());
  EXPECT_FALSE(sut.token_type_embeddings.defined());
  EXPECT_EQ(sut.layers[1].position_keys.sizes(), (std::vector<std::int64_t>{16, 64}));
  EXPECT_EQ(sut.layers[1].position_queries.sizes(), (std::vector<std::int64_t>{16, 64}));
}

TEST(Families, DebertaOfVersion2HasPlainDistancesAndOneTerm) {
  const Checkpoint sut = load("families/deberta-v2");
  expect_small_sizes(sut.config);
  EXPECT_EQ(sut.config.relative.buckets, 0);
  EXPECT_EQ(sut.config.relative.span, 24);
  EXPECT_FALSE(sut.config.relative.position_to_content);
  EXPECT_FALSE(sut.layers[0].position_queries.defined());
  EXPECT_EQ(sut.position_embeddings.size(0), 64);
  EXPECT_EQ(sut.token_type_embeddings.size(0), 2);
  EXPECT_EQ(sut.config.task, Task::embedding);
}

TEST(Families, Gpt2NormalizesFirstIsCausalAndTiesItsScores) {
  const Checkpoint sut = load("families/gpt2");
  expect_small_sizes(sut.config);
  EXPECT_EQ(sut.config.norm_placement, NormPlacement::before);
  EXPECT_TRUE(sut.config.causal);
  EXPECT_EQ(sut.config.task, Task::next_token);
  EXPECT_EQ(sut.config.activation, Activation::gelu_tanh);
  EXPECT_TRUE(sut.next_token.is_same(sut.word_embeddings));
  EXPECT_TRUE(sut.final_norm.weight.defined());
}

TEST(Families, Gpt2MatricesAreTurnedToRowsOfOutputs) {
  const ModelFolder folder("families/gpt2");
  const Checkpoint sut = load("families/gpt2");
  const at::Tensor& stored = folder.tensors.at("transformer.h.1.mlp.c_fc.weight");
  EXPECT_EQ(stored.sizes(), (std::vector<std::int64_t>{64, 96}));
  EXPECT_TRUE(at::equal(to_torch(sut.layers[1].feed_forward_in.weight), stored.t()));
}

TEST(Families, AnUntiedGpt2ReadsItsOwnScores) {
  ModelFolder folder("families/gpt2");
  folder.config["tie_word_embeddings"] = false;
  EXPECT_EQ(folder.load().status().code(), StatusCode::not_found);
  folder.tensors["lm_head.weight"] = at::ones({90, 64});
  EXPECT_TRUE(at::equal(to_torch(folder.load()->next_token), at::ones({90, 64})));
}

TEST(Families, AGpt2WithoutAHeadIsAnEmbeddingOfItsLastToken) {
  ModelFolder folder("families/gpt2");
  folder.config["architectures"] = {"GPT2Model"};
  const Checkpoint sut = folder.load().value();
  EXPECT_EQ(sut.config.task, Task::embedding);
  EXPECT_EQ(sut.config.pooling, std::vector{Pooling::last});
  EXPECT_FALSE(sut.next_token.defined());
}

TEST(Families, AnOlderGpt2SaysItsLengthElsewhereAndLeavesItsInnerSizeOut) {
  ModelFolder folder("families/gpt2");
  folder.config.erase("n_positions");
  folder.config["n_ctx"] = 48;
  const auto sut = folder.config_with("n_inner", nullptr);
  ASSERT_TRUE(sut.is_ok()) << sut.status().message();
  EXPECT_EQ(sut->max_positions, 48);
  EXPECT_EQ(sut->intermediate, 4 * 64);
}

TEST(Families, NamesWithoutTheFamilysPrefixGiveTheSameModel) {
  for (const char* name :
       {"distilbert-classifier", "roberta-classifier", "deberta-v2", "gpt2", "mpnet-classifier"}) {
    ModelFolder folder(std::string("families/") + name);
    const Digest before = folder.load()->fingerprint;
    test::Tensors bare;
    for (const auto& [tensor_name, tensor] : folder.tensors) {
      const auto dot = tensor_name.find('.');
      const std::string first = tensor_name.substr(0, dot + 1);
      const bool prefixed =
          first == "distilbert." || first == "roberta." || first == "transformer." || first == "mpnet.";
      bare[prefixed ? tensor_name.substr(dot + 1) : tensor_name] = tensor;
    }
    folder.tensors = bare;
    const auto sut = folder.load();
    ASSERT_TRUE(sut.is_ok()) << sut.status().message();
    EXPECT_EQ(sut->fingerprint, before) << name;
  }
}

TEST(Families, RobertasDescendantsAreReadAlike) {
  ModelFolder folder("families/roberta-classifier");
  for (const char* type : {"xlm-roberta", "camembert"})
    EXPECT_EQ(folder.config_with("model_type", type)->family, Family::roberta);
}

}  // namespace
}  // namespace memo
