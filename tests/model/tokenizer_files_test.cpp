// Tokenizer files: the two kinds, and what is wrong with broken ones.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <functional>
#include <random>

#include "model/tokenizer/tokenizer.h"
#include "tests/model/golden.h"
#include "tests/support/temp_dir.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int32_t>;

class TokenizerFilesTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_.file(name)) << text; }

  Status load_changed(const std::function<void(Json&)>& change) {
    Json json = Json::parse(good_);
    change(json);
    write("tokenizer.json", json.dump());
    return load_tokenizer(folder_.path()).status();
  }

  test::TempDir folder_;
  std::string good_ = read_text_file(test::data_path("tiny-bert/tokenizer.json"), 1 << 20).value();
};

TEST_F(TokenizerFilesTest, AVocabularyFileGivesTheSameIdsAsTokenizerJson) {
  write("vocab.txt", read_text_file(test::data_path("tiny-bert/vocab.txt"), 1 << 20).value());
  write("config.json", R"({"model_type": "bert"})");
  auto sut = load_tokenizer(folder_.path());
  ASSERT_TRUE(sut.is_ok()) << sut.status().message();
  for (const auto& entry : test::golden("tiny-bert-golden.json"))
    EXPECT_EQ((*sut)->encode(test::text_of(entry), 64), test::ids_of(entry));
}

TEST_F(TokenizerFilesTest, TokenizerConfigKeepsCaseAndAccents) {
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nA\n\u00E9\r\n[MASK]");
  write("tokenizer_config.json",
        R"({"tokenizer_class": "BertTokenizer", "do_lower_case": false, "strip_accents": null})");
  auto sut = load_tokenizer(folder_.path());
  ASSERT_TRUE(sut.is_ok()) << sut.status().message();
  EXPECT_EQ((*sut)->encode("A \u00E9 a", 16), (Ids{2, 4, 5, 1, 3}));
  EXPECT_EQ((*sut)->vocabulary_size(), 7);
}

TEST_F(TokenizerFilesTest, AFolderWithoutEitherFileIsNotFound) {
  EXPECT_EQ(load_tokenizer(folder_.path()).status().code(), StatusCode::not_found);
}

TEST_F(TokenizerFilesTest, AVocabularyWithoutSpecialTokensIsCorrupt) {
  write("vocab.txt", "a\nb\n");
  write("config.json", R"({"model_type": "bert"})");
  const Status status = load_tokenizer(folder_.path()).status();
  EXPECT_EQ(status.code(), StatusCode::corrupt);
  EXPECT_NE(status.message().find("[CLS]"), std::string::npos) << status.message();
}

TEST_F(TokenizerFilesTest, OtherKindsOfTokenizersAreUnsupportedByField) {
  const char* fields[] = {"model", "normalizer", "pre_tokenizer", "post_processor"};
  for (const char* field : fields) {
    const Status status = load_changed([&](Json& json) { json[field]["type"] = "Other"; });
    EXPECT_EQ(status.code(), StatusCode::unsupported) << field;
    EXPECT_NE(status.message().find(std::string("tokenizer.json: ") + field), std::string::npos)
        << status.message();
  }
}

TEST_F(TokenizerFilesTest, BrokenFieldsAreCorrupt) {
  const std::function<void(Json&)> changes[] = {
      [](Json& json) { json["model"]["vocab"]["a"] = -1; },
      [](Json& json) { json["model"]["vocab"]["a"] = 1e10; },
      [](Json& json) { json["model"]["vocab"] = Json::object(); },
      [](Json& json) { json["model"]["unk_token"] = "none"; },
      [](Json& json) { json["model"].erase("max_input_chars_per_word"); },
      [](Json& json) { json["normalizer"]["lowercase"] = "yes"; },
      [](Json& json) { json["added_tokens"][0]["content"] = ""; },
      [](Json& json) { json["added_tokens"][0]["id"] = 17; },
      [](Json& json) { json["post_processor"]["special_tokens"].clear(); }};
  for (const auto& change : changes) EXPECT_EQ(load_changed(change).code(), StatusCode::corrupt);
}

// As the tokenizers package has it, of punctuation, too. Words of one character, and none.
TEST_F(TokenizerFilesTest, WordsOfMoreCharactersThanAllowedAreUnknown) {
  const auto ids_with = [&](int characters) {
    EXPECT_TRUE(load_changed([&](Json& json) {
                  json["model"]["vocab"] = {{"[PAD]", 0}, {"[UNK]", 1}, {"[CLS]", 2}, {"[SEP]", 3},
                                            {"a", 4},     {",", 5},     {"##a", 6}};
                  json["model"]["max_input_chars_per_word"] = characters;
                  json["added_tokens"].clear();
                }).is_ok());
    return (*load_tokenizer(folder_.path()))->encode("a, aa", 16);
  };
  EXPECT_EQ(ids_with(2), (Ids{2, 4, 5, 4, 6, 3}));
  EXPECT_EQ(ids_with(1), (Ids{2, 4, 5, 1, 3}));
  EXPECT_EQ(ids_with(0), (Ids{2, 1, 1, 1, 3}));
}

TEST_F(TokenizerFilesTest, BertProcessingNamesItsTwoTokens) {
  const Status status = load_changed([](Json& json) {
    json["post_processor"] = {{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}};
  });
  ASSERT_TRUE(status.is_ok()) << status.message();
  EXPECT_EQ((*load_tokenizer(folder_.path()))->encode("", 8), (Ids{2, 3}));
}

// Either a reason, or a tokenizer that keeps its promises.
TEST_F(TokenizerFilesTest, MutatedFilesAreRefusedOrStillTokenize) {
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string text = good_;
    for (int i = 0; i < 3; ++i) text[random() % text.size()] = static_cast<char>(random() % 128);
    write("tokenizer.json", text);
    auto sut = load_tokenizer(folder_.path());
    refused += sut.is_ok() ? 0 : 1;
    if (!sut) continue;
    for (const std::int32_t id : (*sut)->encode("free [SEP] money!", 6)) ASSERT_LT(id, (*sut)->vocabulary_size());
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace memo
