// The parts that tokenizers are composed of, each alone.
#include <gtest/gtest.h>

#include <random>

#include "model/tokenizer/normalizing/charsmap.h"
#include "model/tokenizer/normalizing/normalizers.h"
#include "model/tokenizer/splitting/byte_level.h"
#include "model/tokenizer/splitting/metaspace.h"
#include "model/tokenizer/subwords/bpe.h"
#include "model/tokenizer/subwords/unigram.h"
#include "model/tokenizer/unicode/byte_trie.h"
#include "model/tokenizer/unicode/unicode.h"
#include "model/tokenizer/unicode/unicode_classes.h"

namespace memo {
namespace {

using Ids = std::vector<std::int32_t>;
using Words = std::vector<std::string>;

Ids ids_of(const SubwordModel& model, std::string_view word) {
  Ids ids;
  model.append(word, ids);
  return ids;
}

Words words_of(const PreTokenizer& pre_tokenizer, std::string_view text, bool at_start = true) {
  Words words;
  pre_tokenizer.split({text, at_start}, [&](const Word& word) {
    words.emplace_back(word.text);
    return true;
  });
  return words;
}

std::string normalized(const Normalizer& normalizer, std::string_view text) {
  NormalizedText result(text, true);
  normalizer.apply(result);
  return result.text;
}

TEST(ByteTrie, FindsEveryKeyThatATextBeginsWithAndTheLastOfEqualKeys) {
  const ByteTrie sut({{"ab", 1}, {"a", 0}, {"abcd", 3}, {"b", 4}, {"ab", 2}, {"", 9}});
  std::vector<std::pair<std::size_t, std::int32_t>> found;
  sut.for_each_prefix("abce", [&](std::size_t size, std::int32_t value) { found.emplace_back(size, value); });
  EXPECT_EQ(found, (std::vector<std::pair<std::size_t, std::int32_t>>{{1, 0}, {2, 2}}));
  EXPECT_EQ(sut.find("abcd"), 3);
  EXPECT_FALSE(sut.find("abc").has_value());
}

// 0 a, 1 b, 2 c, 3 ab, 4 bc, 5 abc, 6 aa
const Vocabulary kPieces = {{"a", 0}, {"b", 1}, {"c", 2}, {"ab", 3}, {"bc", 4}, {"abc", 5}, {"aa", 6}};

TEST(Bpe, TheBestRankedPairIsMergedFirstTheLeftmostOfEqualOnes) {
  const BpeModel sut(kPieces, {{1, 2, 4}, {0, 1, 3}, {0, 0, 6}}, {});
  EXPECT_EQ(ids_of(sut, "abc"), (Ids{0, 4}));
  EXPECT_EQ(ids_of(sut, "aaa"), (Ids{6, 0}));
  EXPECT_EQ(ids_of(sut, "abab"), (Ids{3, 3}));
}

TEST(Bpe, IgnoreMergesKeepsAWordThatIsAPiece) {
  BpeOptions options;
  options.ignore_merges = true;
  EXPECT_EQ(ids_of(BpeModel(kPieces, {}, options), "abc"), (Ids{5}));
  EXPECT_EQ(ids_of(BpeModel(kPieces, {}, options), "abca"), (Ids{0, 1, 2, 0}));
}

TEST(Bpe, UnknownCharactersVanishOrAreUnknownOneByOneOrFused) {
  BpeOptions options;
  EXPECT_EQ(ids_of(BpeModel(kPieces, {}, options), "axyb"), (Ids{0, 1}));
  options.unknown_id = 9;
  EXPECT_EQ(ids_of(BpeModel(kPieces, {}, options), "axyb"), (Ids{0, 9, 9, 1}));
  options.fuse_unknown = true;
  EXPECT_EQ(ids_of(BpeModel(kPieces, {}, options), "axyb"), (Ids{0, 9, 1}));
}

TEST(Unigram, TheHighestSumOfScoresWinsAndUnknownCharactersAreOne) {
  const UnigramModel sut({{{"<unk>", 0}, {"a", -1}, {"b", -1}, {"ab", -3}, {"abc", -2.5}, {"c", -1}}, 0, false});
  EXPECT_EQ(ids_of(sut, "ab"), (Ids{1, 2}));
  EXPECT_EQ(ids_of(sut, "abc"), (Ids{4}));
  EXPECT_EQ(ids_of(sut, "a\u00e9xyb"), (Ids{1, 0, 2}));
}

TEST(Unigram, UnknownCharactersFallBackToBytesWhereAllOfThemHavePieces) {
  const UnigramModel sut({{{"<unk>", 0}, {"a", -1}, {"<0x78>", -1}, {"<0x79>", -1}}, 0, true});
  EXPECT_EQ(ids_of(sut, "axya"), (Ids{1, 2, 3, 1}));
  EXPECT_EQ(ids_of(sut, "axz"), (Ids{1, 0}));
}

TEST(ByteLevel, WordsAreThoseOfTheGpt2Pattern) {
  const auto split = [](std::string_view text) {
    Words words;
    for (; !text.empty(); text.remove_prefix(words.back().size()))
      words.emplace_back(text.substr(0, gpt2_word_size(text)));
    return words;
  };
  EXPECT_EQ(split("I'll don't 'S 's"), (Words{"I", "'ll", " don", "'t", " '", "S", " '", "s"}));
  EXPECT_EQ(split("a1 22\u00bd,.;\u00e9"), (Words{"a", "1", " 22\u00bd", ",.;", "\u00e9"}));
  EXPECT_EQ(split("a   b\n\nc \t"), (Words{"a", "  ", " b", "\n", "\n", "c", " \t"}));
  EXPECT_EQ(split(" "), (Words{" "}));
}

TEST(ByteLevel, EachByteIsOneVisibleCharacter) {
  EXPECT_EQ(words_of(ByteLevelPreTokenizer({true, true}), "a\u00e9 b"), (Words{"\u0120a\u00c3\u00a9", "\u0120b"}));
  EXPECT_EQ(words_of(ByteLevelPreTokenizer({false, false}), "a b\n"), (Words{"a\u0120b\u010a"}));
}

TEST(Metaspace, AWordBeginsAtEachSpace) {
  MetaspaceOptions options;
  EXPECT_EQ(words_of(MetaspacePreTokenizer(options), "a  b"), (Words{"\u2581a", "\u2581", "\u2581b"}));
  options.prepend = MetaspaceOptions::Prepend::first;
  EXPECT_EQ(words_of(MetaspacePreTokenizer(options), "a", false), (Words{"a"}));
  EXPECT_EQ(words_of(MetaspacePreTokenizer(options), "a", true), (Words{"\u2581a"}));
  options.split = false;
  EXPECT_EQ(words_of(MetaspacePreTokenizer(options), "a b"), (Words{"\u2581a\u2581b"}));
}

TEST(Metaspace, WhitespaceSplitDropsWhitespaceOfEveryKind) {
  EXPECT_EQ(words_of(WhitespaceSplitPreTokenizer(), "\u3000a\t\u00a0b c\n"), (Words{"a", "b", "c"}));
}

TEST(Normalizers, EachDoesItsPart) {
  EXPECT_EQ(normalized(NormalFormNormalizer({true, true}), "\ufb01e\u0301\u1112\u1161\u11ab"), "fi\u00e9\ud55c");
  EXPECT_EQ(normalized(NormalFormNormalizer({false, false}), "\u00e9"), "e\u0301");
  EXPECT_EQ(normalized(StripAccentsNormalizer(), "e\u0301\u0903"), "e");
  EXPECT_EQ(normalized(LowercaseNormalizer(), "\u00c9\u0130"), "\u00e9i\u0307");
  EXPECT_EQ(normalized(StripNormalizer(true, true), " \u3000a b\n"), "a b");
  EXPECT_EQ(normalized(StripNormalizer(false, true), " "), "");
  EXPECT_EQ(normalized(PrependNormalizer("_"), ""), "");
  EXPECT_EQ(normalized(ReplaceNormalizer({" ", 2, true}, " "), "a   b c  "), "a b c ");
  EXPECT_EQ(normalized(ReplaceNormalizer({"''", 1, false}, "\""), "'''a''"), "\"'a\"");
}

TEST(Normalizers, CompositionsOfLaterVersionsOfUnicodeStayApart) {
  EXPECT_EQ(normalized(NormalFormNormalizer({false, true}), "\U00011935\U00011930"), "\U00011935\U00011930");
}

TEST(Normalizers, AHostileSequenceCannotMakeATextGrowWithoutBound) {
  std::vector<std::unique_ptr<Normalizer>> parts;
  for (int i = 0; i < 64; ++i)
    parts.push_back(std::make_unique<ReplaceNormalizer>(ReplaceNormalizer::Pattern{"a", 1, false}, "aaaa"));
  EXPECT_LT(normalized(NormalizerSequence(std::move(parts)), "a").size(), 10'000U);
}

TEST(Charsmap, AnyBytesAreRefusedOrFindSomethingInBounds) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(4, '\0');
    bytes[0] = static_cast<char>(4 * (1 + random() % 32));
    for (int i = 0; i < 160; ++i) bytes.push_back(static_cast<char>(random() % (round % 2 == 0 ? 256 : 8)));
    auto sut = Charsmap::parse(bytes);
    if (!sut) continue;
    for (int c = 1; c < 256; ++c) {
      const auto found = sut->find(std::string(5, static_cast<char>(c)));
      ASSERT_LE(found.value_or("").size(), 64U);
    }
  }
}

TEST(Charsmap, Base64IsReadStrictly) {
  EXPECT_EQ(*decode_base64("bWVtb2Q="), "memod");
  EXPECT_EQ(*decode_base64(""), "");
  for (const char* text : {"bWV", "b===", "bW=t", "bWV\n", "bW\xC3\xA9"})
    EXPECT_EQ(decode_base64(text).status().code(), StatusCode::corrupt) << text;
}

TEST(Graphemes, AClusterEndsWhereTheNextBegins) {
  const std::pair<std::string, std::size_t> cases[] = {{"ab", 1},       {"e\u0301x", 3}, {"\r\nx", 2},
                                                       {"\u0600ax", 3}, {"a\u0897x", 4}, {"\n\u0301", 1}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(end_of_grapheme(text, 0), expected) << text;
}

TEST(Unicode, ClassesOfRegularExpressionsAreThoseOfUnicode16) {
  EXPECT_TRUE(is_letter(0x1C89) && is_number(0x1CCF0) && is_word_character(0x24B6));
  EXPECT_FALSE(is_letter(0x24B6) || is_number('a') || is_word_character('-'));
  EXPECT_TRUE(is_combining_mark(0x1CF2) && !is_combining_mark(0x0898));
}

}  // namespace
}  // namespace memo
