// Tokenizer files that somebody broke, in every way at once: each is refused, or gives a tokenizer that keeps its
// promises.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <limits>
#include <random>

#include "embed/json/utf8.h"
#include "model/tokenizer/tokenizer.h"
#include "tests/model/golden.h"
#include "tests/support/temp_dir.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr int kRounds = 360;  // of each file
constexpr std::size_t kMaxPieces = 400;

// The file with fewer pieces, so that a mutation more often hits something else.
Json shortened(Json json) {
  Json& model = json["model"];
  if (model["vocab"].is_array() && model["vocab"].size() > kMaxPieces)
    model["vocab"].erase(model["vocab"].begin() + kMaxPieces, model["vocab"].end());
  if (model.contains("merges")) {
    for (auto piece = model["vocab"].begin(); piece != model["vocab"].end();)
      piece = piece.value() > kMaxPieces ? model["vocab"].erase(piece) : std::next(piece);
    Json kept = Json::array();
    for (const Json& merge : model["merges"]) {
      const std::string merged = merge.is_string()
                                     ? merge.get<std::string>()
                                     : merge[0].get<std::string>() + " " + merge[1].get<std::string>();
      const std::size_t space = merged.find(' ');
      if (model["vocab"].contains(merged.substr(0, space) + merged.substr(space + 1))) kept.push_back(merge);
    }
    model["merges"] = kept;
  }
  for (Json& token : json["added_tokens"])
    if (token["id"] >= model["vocab"].size()) token["id"] = model["vocab"].size();
  return json;
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string mutate(const Json& json) {
    Json changed = json;
    std::string text;
    switch (below(6)) {
      case 0:
        return flip_bytes(json.dump());
      case 1:
        text = json.dump();
        return text.substr(0, below(text.size()));
      case 2:
        return replace_number(json.dump());
      case 3:
        erase_slice(text = json.dump());
        return text;
      default:
        for (std::size_t i = 0; i <= below(3); ++i) change_value(changed);
        return changed.dump();
    }
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % std::max<std::size_t>(limit, 1); }

  std::string flip_bytes(std::string text) {
    for (std::size_t i = 0; i <= below(8); ++i) text[below(text.size())] = static_cast<char>(below(256));
    return text;
  }

  void erase_slice(std::string& text) {
    const std::size_t begin = below(text.size());
    text.erase(begin, below(40));
  }

  std::string replace_number(std::string text) {
    constexpr const char* kNumbers[] = {"-1",  "99999999999",          "1e999",  "NaN",
                                        "0.5", "18446744073709551615", "-1e308", "4294967296"};
    const std::size_t digit = text.find_first_of("0123456789", below(text.size()));
    if (digit == std::string::npos) return text;
    const std::size_t end = std::min(text.find_first_not_of("0123456789.e-", digit), text.size());
    return text.replace(digit, end - digit, kNumbers[below(std::size(kNumbers))]);
  }

  // Walks down to a random value, which becomes another, or goes.
  void change_value(Json& json) {
    Json* value = &json;
    while (value->is_structured() && !value->empty()) {
      Json& parent = *value;
      auto child = std::next(parent.begin(), static_cast<std::ptrdiff_t>(below(parent.size())));
      if (below(8) == 0) return static_cast<void>(parent.erase(child));
      value = &*child;
      if (below(4) == 0) break;
    }
    *value = other_value();
  }

  Json other_value() {
    const Json values[] = {nullptr,
                           -1,
                           1e308,
                           10'000'001,
                           9'999'999,
                           "",
                           std::string(2000, 'a'),
                           Json::array(),
                           Json::object(),
                           true,
                           Json::array({1, "a"}),
                           "Sequence",
                           "\u2581",
                           0,
                           "a",
                           Json::array({Json::array({"a", -1e308})})};
    return values[below(std::size(values))];
  }

  std::mt19937 random_;
};

const std::string kTexts[] = {"free [SEP] <mask> money!",
                              "",
                              std::string(300, 'a'),
                              " \t\u3000 ",
                              "\xFF\xED\xA0\x80 \u00e9 \ufb01 \u2581 <0x41> </s>",
                              "\U0001f468\u200d\U0001f469 it's"};

// Decoding takes any ids, and gives UTF-8 or refuses the decoder.
void expect_decoding(const Tokenizer& tokenizer) {
  std::mt19937 random(11);
  std::vector<std::int32_t> ids{-1, std::numeric_limits<std::int32_t>::min(),
                                std::numeric_limits<std::int32_t>::max()};
  for (int i = 0; i < 40; ++i) ids.push_back(static_cast<std::int32_t>(random() % 500));
  for (const bool skip : {false, true}) {
    const auto text = tokenizer.decode(ids, skip);
    ASSERT_TRUE(!text || is_utf8(*text));
    ASSERT_TRUE(text.is_ok() || !text.status().message().empty());
  }
}

// Tokens are those of encode(), and stand in the text.
void expect_places(const Tokenizer& tokenizer, const std::string& text) {
  const auto ids = tokenizer.encode(text, EncodeOptions{});
  const auto tokens = tokenizer.tokens(text, true);
  ASSERT_EQ(tokens.size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(tokens[i].id, ids[i]);
    if (!tokens[i].place) continue;
    ASSERT_LE(tokens[i].place->begin, tokens[i].place->end);
    ASSERT_LE(tokens[i].place->end, text.size());
  }
}

void expect_promises(const Tokenizer& tokenizer) {
  expect_decoding(tokenizer);
  for (const std::string& text : kTexts) {
    ASSERT_NO_FATAL_FAILURE(expect_places(tokenizer, text));
    for (const std::size_t limit : {std::size_t{6}, std::size_t{400}}) {
      const auto ids = tokenizer.encode(text, limit);
      ASSERT_LE(ids.size(), limit);
      ASSERT_FALSE(ids.empty());
      for (const std::int32_t id : ids) ASSERT_TRUE(id >= 0 && id < tokenizer.vocabulary_size()) << id;
      if (!tokenizer.takes_pairs()) continue;
      const PairEncoding pair = tokenizer.encode_pair(text, kTexts[0], limit);
      ASSERT_EQ(pair.ids.size(), pair.types.size());
      ASSERT_LE(pair.ids.size(), limit);
      for (const std::int32_t id : pair.ids) ASSERT_TRUE(id >= 0 && id < tokenizer.vocabulary_size()) << id;
    }
  }
}

class TokenizerFuzzTest : public testing::TestWithParam<const char*> {};

TEST_P(TokenizerFuzzTest, MutatedFilesAreRefusedOrStillTokenize) {
  const Json good = shortened(test::golden(std::string(GetParam()) + "/tokenizer.json"));
  const test::TempDir folder;
  Mutator mutator(7);
  int refused = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::ofstream(folder.file("tokenizer.json")) << (round == 0 ? good.dump() : mutator.mutate(good));
    auto sut = load_tokenizer(folder.path());
    ASSERT_TRUE(round > 0 || sut.is_ok()) << sut.status().message();
    refused += sut.is_ok() ? 0 : 1;
    if (!sut) continue;
    ASSERT_NO_FATAL_FAILURE(expect_promises(**sut)) << round;
  }
  EXPECT_GT(refused, kRounds / 10);
}

INSTANTIATE_TEST_SUITE_P(Files, TokenizerFuzzTest,
                         testing::Values("tiny-bert", "tokenizers/roberta", "tokenizers/gpt2",
                                         "tokenizers/deberta", "tokenizers/albert", "tokenizers/xlmr"));

}  // namespace
}  // namespace memo
