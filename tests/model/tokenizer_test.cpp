#include "model/tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include "embed/json/utf8.h"
#include "model/tokenizer/bert_tokenizer.h"
#include "model/tokenizer/normalizing/bert_normalizer.h"
#include "model/tokenizer/unicode/unicode.h"
#include "tests/model/golden.h"

namespace memo {
namespace {

using Ids = std::vector<std::int32_t>;

// 0 [PAD] 1 [UNK] 2 [CLS] 3 [SEP] 4 a 5 ##b 6 ab 7 ! 8 ä 9 [x]
BertTokenizerParts small_parts() {
  BertTokenizerParts parts;
  const char* pieces[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "ab", "!", "ä"};
  for (std::int32_t id = 0; id < 9; ++id) parts.vocabulary.emplace(pieces[id], id);
  parts.word_piece.unknown_id = 1;
  parts.frame.special_tokens = {{2}, {3}, {}};
  parts.added.raw = {{"[SEP]", 3}};
  return parts;
}

Ids encode(const BertTokenizerParts& parts, std::string_view text, std::size_t max_length = 512) {
  return BertTokenizer(parts).encode(text, max_length);
}

void expect_golden(const std::string& folder, const std::string& name, std::size_t max_length) {
  auto sut = load_tokenizer(folder);
  ASSERT_TRUE(sut.is_ok()) << sut.status().message();
  for (const auto& entry : test::golden(name))
    EXPECT_EQ((*sut)->encode(test::text_of(entry), max_length), test::ids_of(entry))
        << entry.dump().substr(0, 200);
}

TEST(Tokenizer, TinyVocabularyGivesTheReferencesIds) {
  expect_golden(test::data_path("tiny-bert"), "tiny-bert-golden.json", 64);
}

TEST(Tokenizer, RealVocabularyGivesTheReferencesIdsOnHostileTexts) {
  if (test::real_model().empty())
    GTEST_SKIP() << "MEMO_MODEL_DIR is not set: the real vocabulary is not in the tree";
  expect_golden(test::real_model(), "minilm-tokens.json", 512);
}

TEST(Tokenizer, TheLongestPieceWinsAndAWordWithoutPiecesIsUnknown) {
  EXPECT_EQ(encode(small_parts(), "ab abb ac"), (Ids{2, 6, 6, 5, 1, 3}));
}

TEST(Tokenizer, PunctuationIsAWordOfItsOwn) {
  EXPECT_EQ(encode(small_parts(), "a!!a"), (Ids{2, 4, 7, 7, 4, 3}));
}

TEST(Tokenizer, AnEmptyTextIsItsTwoSpecialTokens) {
  for (const char* text : {"", " ", "\n\x01"}) EXPECT_EQ(encode(small_parts(), text), (Ids{2, 3}));
}

TEST(Tokenizer, EveryLimitCutsTheSameIds) {
  const std::string text = "ab a! [SEP] abb x a";
  const Ids whole = encode(small_parts(), text);
  for (std::size_t limit = 2; limit <= whole.size() + 2; ++limit) {
    Ids expected(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(std::min(limit, whole.size()) - 1));
    expected.push_back(3);
    EXPECT_EQ(encode(small_parts(), text, limit), expected) << limit;
  }
}

TEST(Tokenizer, WordsAreTheSameAcrossTheBlocksALongTextIsReadIn) {
  for (std::size_t spaces = 1018; spaces < 1028; ++spaces)
    EXPECT_EQ(encode(small_parts(), std::string(spaces, ' ') + "abb a\xCC\x88"), (Ids{2, 6, 5, 4, 3})) << spaces;
}

TEST(Tokenizer, AWordIsLimitedInCharactersNotBytes) {
  BertTokenizerParts parts = small_parts();
  parts.normalizer.strip_accents = false;
  parts.word_piece.max_characters = 1;
  EXPECT_EQ(encode(parts, "ä ab"), (Ids{2, 8, 1, 3}));
}

TEST(Tokenizer, AVeryLongWordIsOneUnknown) {
  EXPECT_EQ(encode(small_parts(), std::string(1 << 20, 'a') + " a"), (Ids{2, 1, 4, 3}));
}

TEST(Tokenizer, AnAddedTokenSplitsAWordAndKeepsItsCase) {
  EXPECT_EQ(encode(small_parts(), "a[SEP]a"), (Ids{2, 4, 3, 4, 3}));
  EXPECT_EQ(encode(small_parts(), "[sep]"), (Ids{2, 1, 1, 1, 3}));
}

TEST(Tokenizer, TheLongestAddedTokenWins) {
  BertTokenizerParts parts = small_parts();
  parts.added.raw = {{"[x", 8}, {"[x]", 9}};
  EXPECT_EQ(encode(parts, "[x][x"), (Ids{2, 9, 8, 3}));
}

TEST(Tokenizer, AnAddedTokenTakesWhitespaceAlongWhereItSaysSo) {
  const AddedTokens tokens({{"[x]", 9, true, true}});
  TokenCuts sut("a \t[x] \xC2\xA0 b", tokens);
  const TokenCuts::Step first = sut.next();
  EXPECT_EQ(first.text, "a");
  EXPECT_EQ(first.token, 9);
  EXPECT_EQ(sut.next().text, "b");
  EXPECT_TRUE(sut.at_end());
}

TEST(Tokenizer, ANormalizedTokenIsFoundInNormalizedText) {
  BertTokenizerParts parts = small_parts();
  parts.added.normalized = {{"<x>", 9}};
  EXPECT_EQ(encode(parts, "a<X>a"), (Ids{2, 4, 9, 4, 3}));
}

// A long text is read in blocks, which end at whitespace while no token has whitespace in it.
TEST(Tokenizer, ANormalizedTokenIsFoundAcrossBlocks) {
  BertTokenizerParts in_blocks = small_parts();
  in_blocks.added.normalized = {{"<x>", 9, true, true}, {"<xy>", 10, false, false, true}};
  BertTokenizerParts whole = in_blocks;
  whole.added.normalized.push_back({"never here", 11});
  for (std::size_t before = 1014; before < 1030; ++before)
    for (const char* text : {"a<X>a", "a <x> b", "<Xy>", "b<xy>", "<x><xy>\u0301 a", "a\u0308 <X>", "<\u3000x>"})
      for (const char filler : {' ', 'a'}) {
        const std::string long_text = std::string(before, filler) + text + std::string(1100, filler) + text;
        EXPECT_EQ(encode(in_blocks, long_text, 5000), encode(whole, long_text, 5000)) << before << filler << text;
      }
}

TEST(Tokenizer, ALongTextWithoutWhitespaceTakesTimeInProportion) {
  BertTokenizerParts parts = small_parts();
  parts.added.normalized = {{"<x>", 9}};
  EXPECT_EQ(encode(parts, std::string(8 << 20, 'a') + " a"), (Ids{2, 1, 4, 3}));
}

TEST(Utf8, EachMaximalPartOfAnIllFormedSequenceIsOneReplacement) {
  const std::pair<std::string, std::size_t> cases[] = {
      {"\xFF", 1},         {"\xC3", 1},     {"\xE2\x82", 1},         {"\xF0\x9F\x98", 1},
      {"\xED\xA0\x80", 3}, {"\xC0\xAF", 2}, {"\xF4\x90\x80\x80", 4}, {"\xE2\x28", 1}};
  for (const auto& [bytes, expected] : cases) {
    std::size_t replacements = 0;
    for (std::size_t position = 0; position < bytes.size();)
      replacements += next_code_point(bytes, position) == kReplacementCharacter ? 1 : 0;
    EXPECT_EQ(replacements, expected) << testing::PrintToString(bytes);
  }
}

TEST(Utf8, EveryScalarValueSurvivesEncodingAndDecoding) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string bytes;
    append_utf8(c, bytes);
    std::size_t position = 0;
    ASSERT_EQ(next_code_point(bytes, position), c);
    ASSERT_EQ(position, bytes.size());
  }
}

TEST(Normalizer, DottedCapitalILowersToTwoCharactersUnlessItsMarkIsStripped) {
  NormalizerOptions options;
  EXPECT_EQ(normalize("İ", options), "i");
  options.strip_accents = false;
  EXPECT_EQ(normalize("İ", options), "i\u0307");
}

TEST(Normalizer, MarksThatStayAreInCanonicalOrder) {
  NormalizerOptions options;
  // U+302E has class 224, U+1D165 class 216; both are spacing marks, so neither is stripped.
  EXPECT_EQ(normalize("a\u302E\U0001D165b", options), "a\U0001D165\u302Eb");
}

TEST(Normalizer, EachOptionDoesItsPartAlone) {
  const std::string text = "A\u00E9\u4E00\u0001\u00A0";
  EXPECT_EQ(normalize(text, {true, false, false, false}), "A\u00E9\u4E00 ");
  EXPECT_EQ(normalize(text, {false, true, false, false}), "A\u00E9 \u4E00 \u0001\u00A0");
  EXPECT_EQ(normalize(text, {false, false, true, false}), "Ae\u4E00\u0001\u00A0");
  EXPECT_EQ(normalize(text, {false, false, false, true}), "a\u00E9\u4E00\u0001\u00A0");
}

TEST(Unicode, CategoriesAreThoseOfUnicode8) {
  EXPECT_TRUE(is_punctuation(0x166D));       // a symbol today
  EXPECT_FALSE(is_punctuation(0x2E5D));      // came with Unicode 14
  EXPECT_FALSE(is_nonspacing_mark(0x0898));  // came with Unicode 14
  EXPECT_FALSE(is_control(0x0378));          // unassigned
  EXPECT_TRUE(is_control(0x200B) && is_control(0xE000) && !is_control('\t'));
}

}  // namespace
}  // namespace memo
