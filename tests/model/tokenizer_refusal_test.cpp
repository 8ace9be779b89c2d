// What is refused of the files beside tokenizer.json, by file, field and value; and such files when somebody broke them.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <optional>
#include <random>
#include <string>

#include "model/tokenizer/tokenizer.h"
#include "tests/model/golden.h"
#include "tests/support/temp_dir.h"

namespace memo {
namespace {

using Json = nlohmann::json;

struct Refusal {
  const char* file;
  std::string content;
  StatusCode code;
  const char* message;  // behind "FILE: "
};

class TokenizerRefusalTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_.file(name)) << text; }
  void write_bert() { write("tokenizer.json", test::golden("tiny-bert/tokenizer.json").dump()); }

  void expect(const Refusal& refusal) {
    write(refusal.file, refusal.content);
    const Status status = load_tokenizer(folder_.path()).status();
    EXPECT_EQ(status.code(), refusal.code) << refusal.content << "\n" << status.message();
    EXPECT_NE(status.message().find(std::string(refusal.file) + ": " + refusal.message), std::string::npos)
        << refusal.content << "\n"
        << status.message();
  }

  test::TempDir folder_;
};

constexpr const char* kConfig = "tokenizer_config.json";
constexpr StatusCode kUnsupported = StatusCode::unsupported;
constexpr StatusCode kCorrupt = StatusCode::corrupt;

TEST_F(TokenizerRefusalTest, ClassesThatAreNotKnownAreNamed) {
  write_bert();
  for (const char* name : {"BertJapaneseTokenizer", "PhobertTokenizer", "KoBertTokenizer", "T5TokenizerFast",
                           "LlamaTokenizer", "BertTokenizerFastFast", "Fast", ""})
    expect({kConfig, Json{{"tokenizer_class", name}}.dump(), kUnsupported,
            ("tokenizer_class is \"" + std::string(name) + "\", supported are").c_str()});
}

TEST_F(TokenizerRefusalTest, JapaneseBertIsNotReadByItsVocabulary) {
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n\u6771\n");
  write("config.json", R"({"model_type": "bert"})");
  expect({kConfig, R"({"tokenizer_class": "BertJapaneseTokenizer", "word_tokenizer_type": "mecab"})", kUnsupported,
          "tokenizer_class is \"BertJapaneseTokenizer\""});
  write(kConfig, "{}");
  expect({"config.json", R"({"model_type": "bert", "tokenizer_class": "BertJapaneseTokenizer"})", kUnsupported,
          "tokenizer_class is \"BertJapaneseTokenizer\""});
}

TEST_F(TokenizerRefusalTest, AVocabularyIsReadOnlyWhereTheClassIsBerts) {
  const std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  expect(
      {"vocab.txt", vocabulary, kUnsupported, "is read for a BERT tokenizer only, and the folder names no class"});
  write(kConfig, R"({"tokenizer_class": "RobertaTokenizer"})");
  expect({"vocab.txt", vocabulary, kUnsupported,
          "is read for a BERT tokenizer only, and the folder names RobertaTokenizer"});
  write(kConfig, R"({"tokenizer_class": "BertTokenizer"})");
  expect({"vocab.txt", vocabulary + "\xFF\n", kCorrupt, "is not UTF-8"});
  expect({"vocab.txt", "[PAD]\n[UNK]\n[CLS]\n", kCorrupt, "\"[SEP]\" is not in the vocabulary: the sep_token"});
  write(kConfig, R"({"tokenizer_class": "BertTokenizer", "cls_token": "a b"})");
  expect({"vocab.txt", vocabulary + "a b\n", kUnsupported, "\"a b\": the cls_token must have no space"});
}

TEST_F(TokenizerRefusalTest, ModelTypesWithoutATokenizerAreNamed) {
  write_bert();
  expect({"config.json", R"({"model_type": "nomic_bert"})", kUnsupported, "model_type is \"nomic_bert\""});
  expect({"config.json", "{}", kUnsupported, "model_type is null"});
  expect({"config.json", R"({"model_type": 7})", kUnsupported, "model_type is 7"});
  expect({"config.json", R"({"tokenizer_class": ["BertTokenizer"]})", kCorrupt,
          "tokenizer_class is an array of 1, not a string"});
  expect({"config.json", R"({"model_type": "bert", "auto_map": {"AutoTokenizer": ["x.Y", null]}})", kUnsupported,
          "auto_map is an array of 2"});
}

TEST_F(TokenizerRefusalTest, FieldsThatChangeWhatIsReadAreNamed) {
  write_bert();
  const Refusal refusals[] = {
      {kConfig, R"({"auto_map": ["x.Y", null]})", kUnsupported, "auto_map is an array of 2"},
      {kConfig, R"({"tokenizer_file": null})", kUnsupported, "tokenizer_file is null"},
      {kConfig, R"({"fast_tokenizer_files": ["tokenizer.4.json"]})", kUnsupported,
       "fast_tokenizer_files is an array"},
      {kConfig, R"({"init_inputs": ["x"]})", kUnsupported, "init_inputs is an array"},
      {kConfig, R"({"from_slow": true})", kUnsupported, "from_slow is true"},
      {kConfig, R"({"split_special_tokens": true})", kUnsupported, "split_special_tokens is true"},
      {kConfig, R"({"add_special_tokens": false})", kUnsupported, "add_special_tokens is false"},
      {kConfig, "[]", kCorrupt, "is an array of 0, not an object"},
      {kConfig, "{", kCorrupt, ""}};
  for (const Refusal& refusal : refusals) expect(refusal);
}

TEST_F(TokenizerRefusalTest, ValuesOfTheWrongKindAreNamed) {
  write_bert();
  write("config.json", R"({"model_type": "bert"})");
  const Refusal refusals[] = {
      {kConfig, R"({"do_lower_case": "false"})", kCorrupt, "do_lower_case is \"false\", not a boolean"},
      {kConfig, R"({"do_lower_case": null})", kCorrupt, "do_lower_case is null"},
      {kConfig, R"({"strip_accents": 1})", kCorrupt, "strip_accents is 1"},
      {kConfig, R"({"tokenize_chinese_chars": "yes"})", kCorrupt, "tokenize_chinese_chars is \"yes\""},
      {kConfig, R"({"truncation_side": "middle"})", kCorrupt, "truncation_side is \"middle\""},
      {kConfig, R"({"truncation_side": null})", kCorrupt, "truncation_side is null"},
      {kConfig, R"({"padding_side": "Left"})", kCorrupt, "padding_side is \"Left\""},
      {kConfig, R"({"model_max_length": "512"})", kCorrupt, "model_max_length is \"512\""},
      {kConfig, R"({"model_max_length": 0})", kCorrupt, "model_max_length is 0"},
      {kConfig, R"({"model_max_length": -1})", kCorrupt, "model_max_length is -1"},
      {kConfig, R"({"max_len": 1.5})", kCorrupt, "max_len is 1.5"},
      {kConfig, R"({"model_input_names": "input_ids"})", kCorrupt, "model_input_names is \"input_ids\""},
      {kConfig, R"({"cls_token": {"content": "[CLS]"}})", kCorrupt, "cls_token is an object of 1"},
      {kConfig, R"({"pad_token": 0})", kCorrupt, "pad_token is 0"},
      {kConfig, R"({"additional_special_tokens": "x"})", kCorrupt, "additional_special_tokens is \"x\""},
      {kConfig, R"({"additional_special_tokens": [1]})", kCorrupt, "additional_special_tokens[0] is 1"},
      {kConfig, R"({"added_tokens_decoder": null})", kCorrupt, "added_tokens_decoder is null"},
      {kConfig, R"({"added_tokens_decoder": {"x": {"content": "a"}}})", kCorrupt,
       "added_tokens_decoder has the key \"x\""},
      {kConfig, R"({"added_tokens_decoder": {"4": {"content": "a", "lstrip": null}}})", kCorrupt,
       "added_tokens_decoder.4.lstrip is null"},
      {kConfig, R"({"added_tokens_decoder": {"4": {}}})", kCorrupt, "added_tokens_decoder.4.content is null"}};
  for (const Refusal& refusal : refusals) expect(refusal);
}

TEST_F(TokenizerRefusalTest, LegacyFilesAreChecked) {
  write_bert();
  write(kConfig, R"({"tokenizer_class": "BertTokenizer"})");
  const char* map = "special_tokens_map.json";
  expect({map, R"({"cls_token": 5})", kCorrupt, "cls_token is 5"});
  expect({map, R"({"do_lower_case": false})", kUnsupported, "do_lower_case is false, not a role"});
  expect({map, R"({"additional_special_tokens": {"content": "x"}})", kCorrupt, "additional_special_tokens is"});
  write(map, "{}");
  expect({"added_tokens.json", R"({"x": -1})", kCorrupt, "\"x\" is -1"});
  expect({"added_tokens.json", R"(["x"])", kCorrupt, "is an array of 1"});
}

TEST_F(TokenizerRefusalTest, AClassThatChangesAPartNeedsIt) {
  Json json = test::golden("tiny-bert/tokenizer.json");
  json["normalizer"] = nullptr;
  write(kConfig, R"({"tokenizer_class": "BertTokenizer"})");
  expect({"tokenizer.json", json.dump(), kUnsupported, "normalizer is null; the tokenizer_class BertTokenizer"});
  json["pre_tokenizer"] = nullptr;
  write(kConfig, R"({"tokenizer_class": "RobertaTokenizer"})");
  expect({"tokenizer.json", json.dump(), kUnsupported,
          "pre_tokenizer is null; the tokenizer_class RobertaTokenizer"});
}

TEST_F(TokenizerRefusalTest, WhatChangesNothingIsLeftAlone) {
  write_bert();
  write(kConfig, R"({"tokenizer_class": "BertTokenizer", "name_or_path": "x", "chat_template": [1],
                     "clean_up_tokenization_spaces": true, "extra_special_tokens": {}, "never_split": ["a"],
                     "do_basic_tokenize": true, "use_fast": false, "auto_map": {"AutoConfig": "x.Y"}, "unheard": {"of": 1}})");
  EXPECT_TRUE(load_tokenizer(folder_.path()).is_ok()) << load_tokenizer(folder_.path()).status().message();
}

TEST_F(TokenizerRefusalTest, WithoutPairsAnUnderstoodPairIsMissed) {
  Json json = test::golden("tiny-bert/tokenizer.json");
  json["post_processor"]["pair"] = json["post_processor"]["single"];
  write("tokenizer.json", json.dump());
  EXPECT_FALSE((*load_tokenizer(folder_.path()))->takes_pairs());
  json["post_processor"].erase("pair");
  write("tokenizer.json", json.dump());
  EXPECT_FALSE((*load_tokenizer(folder_.path()))->takes_pairs());
  json["post_processor"]["single"][1]["Sequence"]["type_id"] = 3;
  expect({"tokenizer.json", json.dump(), kUnsupported, "post_processor.single has the type_id 3"});
}

// Everything beside tokenizer.json, with one value exchanged for another of any kind: refused, or as good as any.
class DeclaredFuzzTest : public TokenizerRefusalTest {
 protected:
  Json* any_value(Json& json) {
    Json* value = &json;
    while (value->is_structured() && !value->empty()) {
      value = &*std::next(value->begin(), static_cast<std::ptrdiff_t>(random_() % value->size()));
      if (random_() % 3 == 0) break;
    }
    return value;
  }

  Json other_value() {
    const Json values[] = {nullptr,
                           -1,
                           1e308,
                           0,
                           9'999'999,
                           "",
                           "[CLS]",
                           std::string(2000, 'a'),
                           true,
                           512,
                           "left",
                           false,
                           "\u00c9",
                           Json::array(),
                           Json::object(),
                           Json::array({"x", 1}),
                           "BertTokenizer",
                           "GPT2Tokenizer",
                           Json{{"content", "[CLS]"}, {"__type", "AddedToken"}}};
    return values[random_() % std::size(values)];
  }

  std::string mutated(Json json) {
    for (std::size_t i = 0; i <= random_() % 3; ++i) *any_value(json) = other_value();
    std::string text = json.dump();
    if (random_() % 5 == 0) text[random_() % text.size()] = static_cast<char>(random_() % 256);
    return text;
  }

  std::mt19937 random_{11};
};

Json rich_config() {
  return {{"tokenizer_class", "BertTokenizer"},
          {"do_lower_case", true},
          {"strip_accents", nullptr},
          {"cls_token", {{"__type", "AddedToken"}, {"content", "[CLS]"}, {"lstrip", true}}},
          {"pad_token", "[PAD]"},
          {"additional_special_tokens", {"<x>", "the"}},
          {"model_max_length", 512},
          {"truncation_side", "left"},
          {"model_input_names", {"input_ids", "token_type_ids"}},
          {"added_tokens_decoder", {{"4", {{"content", "[MASK]"}, {"lstrip", true}, {"normalized", false}}}}}};
}

TEST_F(DeclaredFuzzTest, MutatedFoldersAreRefusedOrStillTokenize) {
  write_bert();
  write("config.json", R"({"model_type": "bert"})");
  const Json legacy_map = {{"cls_token", {{"content", "[CLS]"}, {"lstrip", true}}}, {"mask_token", "[MASK]"}};
  const Json added = {{"new", 162}, {"the", 109}};
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    Json config = rich_config();
    if (round % 2 == 0) config.erase("added_tokens_decoder");
    write(kConfig, mutated(config));
    write("special_tokens_map.json", mutated(legacy_map));
    write("added_tokens.json", round % 4 == 0 ? mutated(added) : added.dump());
    auto sut = load_tokenizer(folder_.path());
    refused += sut.is_ok() ? 0 : 1;
    if (!sut) continue;
    for (const std::int32_t id : (*sut)->encode("the [CLS] new <x> m\u00c9", 6))
      ASSERT_LT(id, (*sut)->vocabulary_size());
    const PairEncoding pair = (*sut)->encode_pair("the new the new", "a", kMaxPairTokens + 1);
    ASSERT_EQ(pair.ids.size(), pair.types.size());
    ASSERT_LE(pair.ids.size(), kMaxPairTokens + 1);
  }
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused, 950);
}

}  // namespace
}  // namespace memo
