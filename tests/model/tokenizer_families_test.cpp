// Byte-level BPE and Unigram: the small tokenizers of tests/data/tokenizers, and what a file may ask for.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <functional>

#include "model/tokenizer/tokenizer.h"
#include "tests/model/golden.h"
#include "tests/support/temp_dir.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int32_t>;

Json file_of(const std::string& family) {
  return test::golden("tokenizers/" + family + "/tokenizer.json");
}

Result<std::unique_ptr<Tokenizer>> load_changed(const std::string& family,
                                                const std::function<void(Json&)>& change) {
  const test::TempDir folder;
  Json json = file_of(family);
  change(json);
  std::ofstream(folder.file("tokenizer.json")) << json.dump();
  return load_tokenizer(folder.path());
}

Ids encode_changed(const std::string& family, const std::string& text, const std::function<void(Json&)>& change) {
  auto sut = load_changed(family, change);
  EXPECT_TRUE(sut.is_ok()) << sut.status().message();
  return sut ? (*sut)->encode(text, 512) : Ids();
}

class TokenizerFamilyTest : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Tokenizer> load() {
    auto tokenizer = load_tokenizer(test::data_path(std::string("tokenizers/") + GetParam()));
    EXPECT_TRUE(tokenizer.is_ok()) << tokenizer.status().message();
    return std::move(tokenizer).value();
  }
};

TEST_P(TokenizerFamilyTest, GivesTheReferencesIds) {
  const auto sut = load();
  for (const auto& entry : test::golden(std::string("tokenizers/") + GetParam() + "/golden.json"))
    EXPECT_EQ(sut->encode(test::text_of(entry), 64), test::ids_of(entry).empty() ? Ids{0} : test::ids_of(entry))
        << entry.dump().substr(0, 200);
}

TEST_P(TokenizerFamilyTest, EveryLimitCutsTheSameIdsAndKeepsTheSpecialTokens) {
  const auto sut = load();
  const std::string text = "Please click <mask> here [MASK] for 100 free mailing lists";
  const Ids whole = sut->encode(text, 512);
  const std::size_t special = std::string(GetParam()) == "gpt2" ? 0 : 1;  // at each end
  for (std::size_t limit = 2; limit <= whole.size() + 2; ++limit) {
    const std::size_t size = std::min(limit, whole.size());
    Ids expected(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size - special));
    expected.insert(expected.end(), whole.end() - static_cast<std::ptrdiff_t>(special), whole.end());
    EXPECT_EQ(sut->encode(text, limit), expected) << limit;
  }
}

TEST_P(TokenizerFamilyTest, LinesOfAMegabyteAreTokenizedWhole) {
  const auto sut = load();
  const std::size_t megabyte = 1 << 20;
  std::string letters;
  for (std::size_t i = 0; i < megabyte; ++i) letters.push_back(static_cast<char>('a' + i * i % 26));
  for (const std::string& line : {letters, std::string(megabyte, '\xFF')}) {
    const Ids ids = sut->encode(line, megabyte * 4);
    EXPECT_GT(ids.size(), 2U);
    for (const std::int32_t id : ids) ASSERT_LT(id, sut->vocabulary_size());
  }
}

INSTANTIATE_TEST_SUITE_P(Families, TokenizerFamilyTest,
                         testing::Values("roberta", "gpt2", "deberta", "albert", "xlmr"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(TokenizerFamilies, AnEmptyTextIsItsSpecialTokensOrOneEndOfText) {
  const std::pair<std::string, Ids> cases[] = {{"roberta", {0, 2}}, {"gpt2", {0}}, {"deberta", {1, 2}}};
  for (const auto& [family, expected] : cases) {
    auto sut = load_tokenizer(test::data_path("tokenizers/" + family));
    ASSERT_TRUE(sut.is_ok()) << sut.status().message();
    EXPECT_EQ((*sut)->encode("", 8), expected) << family;
  }
}

TEST(TokenizerFamilies, PaddingIsThatOfTheVocabularyOrZero) {
  const std::pair<std::string, std::int32_t> cases[] = {{"roberta", 1}, {"gpt2", 0}, {"deberta", 0}, {"xlmr", 1}};
  for (const auto& [family, expected] : cases)
    EXPECT_EQ((*load_tokenizer(test::data_path("tokenizers/" + family)))->pad_id(), expected) << family;
}

TEST(TokenizerFamilies, MergesMayBeStringsOrPairs) {
  const auto to_strings = [](Json& json) {
    for (Json& merge : json["model"]["merges"])
      merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
    json["model"]["merges"].insert(json["model"]["merges"].begin(), "#version: 0.2");
  };
  const std::string text = "Unsubscribe from the mailing list";
  EXPECT_EQ(encode_changed("roberta", text, to_strings), encode_changed("roberta", text, [](Json&) {}));
}

TEST(TokenizerFamilies, AMaskTakesTheSpaceBeforeIt) {
  const auto no_change = [](Json&) {};
  EXPECT_EQ(encode_changed("roberta", "<mask>", no_change), encode_changed("roberta", " \t<mask>", no_change));
}

TEST(TokenizerFamilies, ASingleWordTokenStandsAlone) {
  const auto add_token = [](Json& json) {
    json["added_tokens"].push_back({{"id", 3000}, {"content", "Linux"}, {"single_word", true}});
  };
  EXPECT_EQ(encode_changed("gpt2", "Linux", add_token), (Ids{3000}));
  EXPECT_EQ(encode_changed("gpt2", "(Linux)", add_token)[1], 3000);
  for (const char* text : {"Linuxes", "xLinux", "Linux9", "Linux\u0301"})
    for (const std::int32_t id : encode_changed("gpt2", text, add_token)) EXPECT_NE(id, 3000) << text;
}

TEST(TokenizerFamilies, OlderFilesSayAddPrefixSpace) {
  const auto with = [](const char* field, const Json& value) {
    return [=](Json& json) {
      json["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "\u2581"}, {field, value}};
    };
  };
  for (const char* text : {"free", " free mail"}) {
    EXPECT_EQ(encode_changed("albert", text, with("add_prefix_space", false)),
              encode_changed("albert", text, with("prepend_scheme", "never")));
    EXPECT_EQ(encode_changed("albert", text, with("add_prefix_space", true)),
              encode_changed("albert", text, with("prepend_scheme", "always")));
  }
}

TEST(TokenizerFamilies, WhatIsNotSupportedIsNamed) {
  const std::tuple<const char*, std::function<void(Json&)>, const char*> cases[] = {
      {"roberta", [](Json& json) { json["model"]["continuing_subword_prefix"] = "\u2581"; },
       "model.continuing_subword_prefix"},
      {"roberta",
       [](Json& json) {
         json["pre_tokenizer"] = {{"type", "UnicodeScripts"}};
       },
       "pre_tokenizer.type is \"UnicodeScripts\""},
      {"roberta",
       [](Json& json) {
         json["pre_tokenizer"] = {{"type", "Split"}, {"behavior", "Isolated"}, {"pattern", {{"Regex", "a|b"}}}};
       },
       "pre_tokenizer.pattern.Regex is \"a|b\""},
      {"roberta",
       [](Json& json) {
         json["post_processor"] = {{"type", "Sequence"},
                                   {"processors", {json["post_processor"], json["post_processor"]}}};
       },
       "post_processor.processors[1].type is \"RobertaProcessing\", the second"},
      {"roberta", [](Json& json) { json["option"] = 1; }, "option is 1"},
      {"roberta", [](Json& json) { json["version"] = "2.0"; }, "version is \"2.0\""},
      {"albert",
       [](Json& json) {
         json["normalizer"]["normalizers"][2] = {{"type", "Nmt"}};
       },
       "normalizer.normalizers[2].type is \"Nmt\""},
      {"deberta",
       [](Json& json) {
         json["normalizer"]["normalizers"][2]["pattern"] = {{"Regex", "\\s+"}};
       },
       "normalizer.normalizers[2].pattern"},
      {"deberta", [](Json& json) { json["model"]["unk_id"] = nullptr; }, "model.unk_id"},
      {"deberta", [](Json& json) { json["post_processor"]["single"].erase(1); }, "post_processor.single"}};
  for (const auto& [family, change, message] : cases) {
    const Status status = load_changed(family, change).status();
    EXPECT_EQ(status.code(), StatusCode::unsupported) << message;
    EXPECT_NE(status.message().find(std::string("tokenizer.json: ") + message), std::string::npos)
        << status.message();
  }
}

TEST(TokenizerFamilies, WhatIsBrokenIsNamed) {
  const std::tuple<const char*, std::function<void(Json&)>, const char*> cases[] = {
      {"roberta", [](Json& json) { json["model"]["merges"][7] = "a b c"; }, "model.merges[7]"},
      {"roberta",
       [](Json& json) {
         json["model"]["merges"][7] = {"a", "no piece"};
       },
       "model.merges[7]"},
      {"roberta", [](Json& json) { json["model"]["merges"] = 3; }, "model.merges"},
      {"roberta", [](Json& json) { json["model"]["unk_token"] = "none"; }, "model.unk_token"},
      {"roberta", [](Json& json) { json["post_processor"]["cls"][1] = -1; }, "post_processor"},
      {"roberta", [](Json& json) { json["model"]["dropout"] = 1.5; }, "model.dropout is 1.5"},
      {"roberta",
       [](Json& json) {
         json["truncation"] = {{"direction", "Up"}};
       },
       "truncation.direction is \"Up\""},
      {"roberta", [](Json& json) { json["added_tokens"][4]["lstrip"] = 1; }, "added_tokens[4].lstrip is 1"},
      {"deberta", [](Json& json) { json["added_tokens"].back()["id"] = 5000; }, "added_tokens[4].id is 5000"},
      {"deberta",
       [](Json& json) {
         json["post_processor"]["pair"][0] = {{"Sequence", {{"id", "C"}}}};
       },
       "post_processor.pair has"},
      {"roberta", [](Json& json) { json["pre_tokenizer"]["use_regex"] = 1; }, "pre_tokenizer.use_regex is 1"},
      {"deberta", [](Json& json) { json["model"]["vocab"][9][1] = "x"; }, "model.vocab[9]"},
      {"deberta", [](Json& json) { json["model"]["unk_id"] = 1000000; }, "model.unk_id is 1000000"},
      {"deberta", [](Json& json) { json["model"]["vocab"] = Json::array(); }, "model.vocab"},
      {"xlmr", [](Json& json) { json["normalizer"]["precompiled_charsmap"] = "AA=A"; },
       "normalizer.precompiled_charsmap is not base64"},
      {"xlmr", [](Json& json) { json["normalizer"]["precompiled_charsmap"] = "/////w=="; },
       "normalizer.precompiled_charsmap has a trie"},
      {"albert", [](Json& json) { json["pre_tokenizer"]["replacement"] = "ab"; }, "pre_tokenizer.replacement"},
      {"albert", [](Json& json) { json["pre_tokenizer"]["prepend_scheme"] = "last"; },
       "pre_tokenizer.prepend_scheme is \"last\""}};
  for (const auto& [family, change, message] : cases) {
    const Status status = load_changed(family, change).status();
    EXPECT_EQ(status.code(), StatusCode::corrupt) << message;
    EXPECT_NE(status.message().find(std::string("tokenizer.json: ") + message), std::string::npos)
        << status.message();
  }
}

TEST(TokenizerFamilies, AFolderWithOnlyASentencePieceModelSaysHowToConvertIt) {
  const test::TempDir folder;
  std::ofstream(folder.file("spm.model")) << "x";
  const Status status = load_tokenizer(folder.path()).status();
  EXPECT_EQ(status.code(), StatusCode::unsupported);
  EXPECT_NE(status.message().find("spm.model but no tokenizer.json; convert it"), std::string::npos)
      << status.message();
}

}  // namespace
}  // namespace memo
