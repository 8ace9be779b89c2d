// Calls that say more than a text: everything equals what the `tokenizers` package answers.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

#include "model/tokenizer/tokenizer.h"
#include "tests/model/golden.h"
#include "tests/model/tokenizer_case.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int32_t>;

Json cases_of(const std::string& group) {
  return test::golden("tokenizers/calls/" + group + ".json");
}

// [length, side, special tokens] from `first` on.
EncodeOptions options_of(const Json& call, std::size_t first) {
  const auto side = call[first + 1] == "left" ? TruncationSide::left : TruncationSide::right;
  return {call[first].get<std::size_t>(), side, call[first + 2].get<bool>()};
}

Ids ids_of(const std::vector<PlacedToken>& tokens) {
  Ids ids;
  for (const PlacedToken& token : tokens) ids.push_back(token.id);
  return ids;
}

// A text without any id is one end-of-text token here, and none in the package.
void expect_ids(const Ids& ids, const Json& expected, const EncodeOptions& options, const Json& call) {
  if (expected.empty() && options.special_tokens) {
    EXPECT_EQ(ids.size(), 1U) << call;
  } else {
    EXPECT_EQ(ids, expected.get<Ids>()) << call;
  }
}

TEST(TokenizerCalls, ATextIsCutAtTheSideOfTheCallWithAndWithoutSpecialTokens) {
  for (const Json& entry : cases_of("truncation")) {
    SCOPED_TRACE(entry["name"]);
    const auto sut = test::load_case(entry);
    ASSERT_NE(sut, nullptr);
    for (const Json& call : entry["texts"]) {
      const EncodeOptions options = options_of(call, 1);
      expect_ids(sut->encode(call[0].get<std::string>(), options), call[4], options, call);
    }
  }
}

TEST(TokenizerCalls, APairIsCutAtTheSideOfTheCallWithAndWithoutSpecialTokens) {
  for (const Json& entry : cases_of("truncation")) {
    SCOPED_TRACE(entry["name"]);
    const auto sut = test::load_case(entry);
    ASSERT_NE(sut, nullptr);
    for (const Json& call : entry["pairs"]) {
      const EncodeOptions options = options_of(call, 2);
      const auto pair = sut->encode_pair(call[0].get<std::string>(), call[1].get<std::string>(), options);
      expect_ids(pair.ids, call[5], options, call);
      EXPECT_EQ(pair.types.size(), pair.ids.size());
      if (!call[5].empty()) {
        EXPECT_EQ(pair.types, call[6].get<Ids>()) << call;
      }
    }
  }
}

TEST(TokenizerCalls, WithoutASideTheFoldersCounts) {
  for (const Json& entry : cases_of("truncation")) {
    const auto sut = test::load_case(entry);
    ASSERT_NE(sut, nullptr);
    const auto side = entry["name"] == "bert cut left" ? TruncationSide::left : TruncationSide::right;
    const std::string text = "the meeting about money, please";
    EXPECT_EQ(sut->encode(text, 6), sut->encode(text, {.max_length = 6, .side = side})) << entry["name"];
    EXPECT_EQ(sut->encode_pair(text, text, 8).ids,
              sut->encode_pair(text, text, {.max_length = 8, .side = side}).ids);
  }
}

TEST(TokenizerCalls, ALimitOfOneMoreSaysWhetherATextIsLonger) {
  for (const Json& entry : cases_of("truncation")) {
    const auto sut = test::load_case(entry);
    ASSERT_NE(sut, nullptr);
    const std::string text = "the meeting about money, please";
    const std::size_t whole = sut->encode(text, EncodeOptions{}).size();
    const std::size_t whole_pair = sut->encode_pair(text, "free", EncodeOptions{}).ids.size();
    for (std::size_t length = kMaxPairTokens; length < whole_pair + 3; ++length) {
      EXPECT_EQ(sut->encode(text, length + 1).size() > length, whole > length) << length;
      EXPECT_EQ(sut->encode_pair(text, "free", length + 1).ids.size() > length, whole_pair > length) << length;
    }
  }
}

TEST(TokenizerCalls, IdsAreDecodedAsTheFilesDecoderSays) {
  for (const Json& entry : cases_of("decoding")) {
    SCOPED_TRACE(entry["name"]);
    const auto sut = test::load_case(entry);
    ASSERT_NE(sut, nullptr);
    for (const Json& call : entry["decoded"]) {
      const Ids ids = call[0].get<Ids>();
      const auto with = sut->decode(ids, false);
      const auto without = sut->decode(ids, true);
      ASSERT_TRUE(with && without) << with.status().message();
      EXPECT_EQ(*with, call[1].get<std::string>()) << call[0];
      EXPECT_EQ(*without, call[2].get<std::string>()) << call[0];
    }
  }
}

// [id, begin, end, ...] of tokens without special ones around them.
Json numbers_of(const std::vector<PlacedToken>& tokens) {
  Json numbers = Json::array();
  for (const PlacedToken& token : tokens) {
    numbers.push_back(token.id);
    numbers.push_back(token.place ? Json(token.place->begin) : Json());
    numbers.push_back(token.place ? Json(token.place->end) : Json());
  }
  return numbers;
}

TEST(TokenizerCalls, TokensStandWhereTheReferenceSaysAndHaveTheIdsOfEncode) {
  for (const Json& entry : cases_of("places")) {
    SCOPED_TRACE(entry["name"]);
    const auto sut = test::load_case(entry);
    ASSERT_NE(sut, nullptr);
    for (const Json& call : entry["placed"]) {
      const auto text = call[0].get<std::string>();
      const auto tokens = sut->tokens(text, false);
      EXPECT_EQ(numbers_of(tokens), call[1]) << call[0];
      EXPECT_EQ(ids_of(tokens), sut->encode(text, {.special_tokens = false})) << call[0];
      EXPECT_EQ(ids_of(sut->tokens(text, true)), sut->encode(text, EncodeOptions{})) << call[0];
    }
  }
}

std::unique_ptr<Tokenizer> load_family(const std::string& base) {
  return test::load_case({{"name", base}, {"base", base}, {"files", Json::object()}});
}

// Text, begin and end; s: special; f: in the frame.
std::string shown(const std::vector<PlacedToken>& tokens) {
  std::string all;
  for (const PlacedToken& token : tokens) {
    all += token.text + (token.special ? " s" : " ") + (token.in_frame ? "f" : "");
    if (token.place) all += std::to_string(token.place->begin) + "-" + std::to_string(token.place->end);
    all += "|";
  }
  return all;
}

TEST(TokenizerCalls, ATokenSaysItsTextAndWhetherItIsSpecialOrOfTheFrame) {
  EXPECT_EQ(shown(load_family("tiny-bert")->tokens("The meetings[MASK] zz", true)),
            "[CLS] sf|the 0-3|meeting 4-11|##s 11-12|[MASK] s12-18|z 19-20|##z 20-21|[SEP] sf|");
  EXPECT_EQ(shown(load_family("tokenizers/gpt2")->tokens("", true)), "<|endoftext|> sf|");
  EXPECT_EQ(shown(load_family("tokenizers/gpt2")->tokens("", false)), "");
}

TEST(TokenizerCalls, AWordThatIgnoresMergesHasAPlaceOfItsOwn) {
  for (const Json& entry : test::golden("tokenizers/declared/bpe_options.json"))
    if (entry["name"] == "ignored merges") {
      EXPECT_EQ(shown(test::load_case(entry)->tokens("abb bab", false)), "abb 0-3|b 4-5|ab 5-7|");
    }
}

TEST(TokenizerCalls, PlacesCountEachIllFormedStretchAsOneCharacter) {
  const auto sut = load_family("tokenizers/gpt2");
  for (const std::string bytes : {"\xFF", "\xF0\x9F\x98", "\xE2\x82", "\xEF\xBF\xBD"}) {
    const auto tokens = sut->tokens(bytes + " the", false);
    EXPECT_EQ(tokens.back().place->begin, 2U);
    EXPECT_EQ(tokens.back().place->end, 5U);
  }
}

TEST(TokenizerCalls, ATextOfAMegabyteHasPlacesInOrder) {
  std::string text;
  while (text.size() < (1 << 20)) text += "The meeting\u00e9 \u4e1c,\xFF s\u0323\u0307  ";
  for (const char* base : {"tiny-bert", "tokenizers/roberta", "tokenizers/xlmr", "tokenizers/albert"}) {
    const auto sut = load_family(base);
    const auto tokens = sut->tokens(text, true);
    EXPECT_EQ(ids_of(tokens), sut->encode(text, EncodeOptions{})) << base;
    std::size_t begin = 0;
    for (const PlacedToken& token : tokens) {
      if (!token.place) continue;
      ASSERT_GE(token.place->begin, begin) << base;
      begin = token.place->begin;
    }
  }
}

Json with_decoder(const Json& decoder) {
  return {{"name", decoder.dump()},
          {"base", "tokenizers/xlmr"},
          {"set", {{"/decoder", decoder}}},
          {"files", Json::object()}};
}

TEST(TokenizerCalls, ADecoderThatIsNotReadIsRefusedWhenItIsNeeded) {
  const Json strip = {{"type", "Strip"}, {"content", " "}, {"start", -1}, {"stop", 0}};
  const Json regex = {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", ""}};
  const std::pair<Json, const char*> cases[] = {
      {{{"type", "CTC"}}, "tokenizer.json: decoder.type is \"CTC\", supported are Sequence, WordPiece"},
      {"ByteLevel", "decoder.type is null"},
      {{{"type", "Sequence"}, {"decoders", {{{"type", "Fuse"}}, regex}}},
       "decoder.decoders[1].pattern.Regex is \"\\\\s+\", supported is a String"},
      {strip, "decoder.start is -1"},
      {{{"type", "WordPiece"}}, "decoder.prefix is null"},
      {{{"type", "Metaspace"}, {"replacement", "ab"}}, "decoder.replacement is not one character"}};
  for (const auto& [decoder, message] : cases) {
    const auto sut = test::load_case(with_decoder(decoder));
    ASSERT_NE(sut, nullptr);
    EXPECT_FALSE(sut->encode("a", 8).empty());
    const Status status = sut->decode(sut->encode("a", 8), false).status();
    EXPECT_NE(status.message().find(message), std::string::npos) << status.message();
  }
}

TEST(TokenizerCalls, ADecoderThatMakesEndlessTextIsRefused) {
  Json decoders = Json::array();
  for (int i = 0; i < 16; ++i)
    decoders.push_back({{"type", "Replace"}, {"pattern", {{"String", "e"}}}, {"content", std::string(64, 'e')}});
  const auto sut = test::load_case(with_decoder({{"type", "Sequence"}, {"decoders", decoders}}));
  ASSERT_NE(sut, nullptr);
  EXPECT_EQ(sut->decode(sut->encode("free", 64), false).status().code(), StatusCode::unsupported);
}

}  // namespace
}  // namespace memo
