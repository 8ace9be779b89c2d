// What becomes of a text before the engine: prompt, length, pairs; on copies of tests/data/tiny-bert.
#include "model/text/loaded_model.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include "embed/json/json_text.h"
#include "tests/support/temp_dir.h"

namespace memo {
namespace {

using nlohmann::json;

constexpr const char* kModules = R"([
  {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
  {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])";

class LoadedModelTest : public testing::Test {
 protected:
  LoadedModelTest() {
    const std::string source = std::string(MEMO_SOURCE_DIR) + "/tests/data/tiny-bert/";
    for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"})
      std::filesystem::copy_file(source + name, folder_.file(name));
  }

  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_.file(name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  void write_modules(const json& pooling = {{"embedding_dimension", 64},
                                            {"pooling_mode_mean_tokens", true}}) const {
    write("modules.json", kModules);
    write("1_Pooling/config.json", pooling.dump());
  }
  Result<LoadedModel> load() const { return LoadedModel::load(folder_.path()); }
  std::uint32_t own_length() const { return load()->choose_length(0).value(); }
  Status length_status(std::uint32_t wanted) const { return load()->choose_length(wanted).status(); }

  test::TempDir folder_;
};

void expect_naming(const Status& status, const std::string& what) {
  EXPECT_FALSE(status);
  EXPECT_NE(status.message().find(what), std::string::npos) << status.message();
}

TEST_F(LoadedModelTest, APlainTransformerSaysWhatIsAssumed) {
  const Result<LoadedModel> sut = load();
  ASSERT_TRUE(sut) << sut.status().message();
  EXPECT_NE(sut->assumption(64).find("no modules.json"), std::string::npos);
  EXPECT_NE(sut->assumption(64).find("first 64 tokens"), std::string::npos);
}

TEST_F(LoadedModelTest, AFolderThatSaysEverythingAssumesNothing) {
  write_modules();
  EXPECT_EQ(load()->assumption(64), "");
}

TEST_F(LoadedModelTest, TheLengthIsMaxSeqLengthElseWhatTheTokenizerTakesElseTheModels) {
  write_modules();
  EXPECT_EQ(own_length(), 64u);
  write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "model_max_length": 40})");
  EXPECT_EQ(own_length(), 40u);
  write("sentence_bert_config.json", R"({"max_seq_length": 48})");
  EXPECT_EQ(own_length(), 48u);
}

TEST_F(LoadedModelTest, AnImpossibleLengthIsRefusedByField) {
  write("sentence_bert_config.json", R"({"max_seq_length": 65})");
  expect_naming(length_status(0), "max_seq_length is 65");
  EXPECT_TRUE(length_status(64));
  expect_naming(length_status(65), "2 to 64");
  expect_naming(length_status(1), "2 to 64");
  for (const char* bad : {"0", "-1", "1.5", "\"16\"", "true"}) {
    write("sentence_bert_config.json", std::string(R"({"max_seq_length": )") + bad + "}");
    expect_naming(load().status(), "max_seq_length");
  }
}

TEST_F(LoadedModelTest, TheDefaultPromptComesBeforeEveryText) {
  write("config_sentence_transformers.json",
        R"({"prompts": {"mail": "free mail "}, "default_prompt_name": "mail"})");
  Result<LoadedModel> sut = load();
  ASSERT_TRUE(sut) << sut.status().message();
  EXPECT_EQ(sut->encode("money", 32), sut->tokenizer->encode("free mail money", 32));
  sut->use_prompt("");
  EXPECT_EQ(sut->encode("money", 32), sut->tokenizer->encode("money", 32));
}

TEST_F(LoadedModelTest, ACallMayHaveAPromptOfItsOwn) {
  Result<LoadedModel> sut = load();
  ASSERT_TRUE(sut) << sut.status().message();
  sut->use_prompt("free ");
  const EncodeOptions options{.max_length = 6, .side = TruncationSide::left};
  const std::string_view own = "click the mail ";
  EXPECT_EQ(sut->encode("money", options), sut->tokenizer->encode("free money", options));
  EXPECT_EQ(sut->encode("money", options, own), sut->tokenizer->encode("click the mail money", options));
  EXPECT_EQ(sut->encode("money", options, ""), sut->tokenizer->encode("money", options));
  EXPECT_EQ(sut->encode_pair("money", "list", options, own).ids,
            sut->tokenizer->encode_pair("click the mail money", "list", options).ids);
  EXPECT_EQ(sut->encode_pair("money", "list", 32).ids, sut->tokenizer->encode_pair("free money", "list", 32).ids);
  EXPECT_EQ(sut->prompt(), "free ");
}

TEST_F(LoadedModelTest, QueryAndDocumentAreKnownPromptsOfEveryModel) {
  const Result<LoadedModel> sut = load();
  EXPECT_EQ(sut->sentence.prompts.text("query").value(), "");
  expect_naming(sut->sentence.prompts.text("other").status(), "other");
}

TEST_F(LoadedModelTest, PoolingWithoutThePromptBeginsBehindItsTokens) {
  write_modules({{"embedding_dimension", 64}, {"pooling_mode", "mean"}, {"include_prompt", false}});
  Result<LoadedModel> sut = load();
  EXPECT_EQ(sut->checkpoint.config.pooled_from, 0);
  sut->use_prompt("free mail ");
  EXPECT_EQ(sut->checkpoint.config.pooled_from, 3);  // [CLS] free mail
  EXPECT_EQ(sut->pooled_from("free "), 2);
  EXPECT_EQ(sut->pooled_from(""), 0);
  EXPECT_EQ(sut->checkpoint.config.pooled_from, 3);
  EXPECT_FALSE(sut->choose_length(3));
  EXPECT_TRUE(sut->choose_length(4));
}

}  // namespace
}  // namespace memo
