// A text that is cut in windows has the tokens of one that is searched whole, and is read no further than needed.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <random>
#include <string>
#include <vector>

#include "model/tokenizer/bert_tokenizer.h"

namespace memo {
namespace {

using Ids = std::vector<std::int32_t>;

const std::vector<AddedToken> kCutTokens = {
    {"<a>", 10},
    {"<a><b>", 11, true},
    {"<b>", 12, false, true},
    {"<c>", 13, true, true},
    {"word", 14, false, false, true},
    {"two words", 15, true, false, true},
    {"\u00e9t\u00e9", 16},
    {" x", 17, true, true},
};

// Parts of tokens, tokens, whitespace of all sizes and what stands around them.
std::string random_text(std::mt19937& random, std::size_t pieces) {
  const char* const choices[] = {"<a>", "<b>",           "<c>",    "<a", "word", "two words",
                                 "two", "\u00e9t\u00e9", "\u00e9", " x", " ",    " ",
                                 "\n",  "\u3000",        "\u0308", "ab", "!",    "\xE2\x82"};
  std::string text;
  for (std::size_t i = 0; i < pieces; ++i) text += choices[random() % std::size(choices)];
  return text;
}

// Ids of tokens, and the text between two of them as one.
std::vector<std::string> cuts_of(std::string_view text, const AddedTokens& tokens, std::size_t window) {
  std::vector<std::string> cuts(1);
  split_at_tokens(
      TokenCuts(text, tokens, window), [&](std::string_view part, bool) { cuts.back() += part; },
      [&](std::int32_t id) {
        cuts.push_back(std::to_string(id));
        cuts.emplace_back();
      },
      [] { return false; });
  return cuts;
}

// 1 [UNK] 2 [CLS] 3 [SEP], and pieces for what random_text() makes.
BertTokenizer tokenizer_of(AddedTokenLists added) {
  BertTokenizerParts parts;
  const char* pieces[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "a",     "##b", "!",
                          "<",     ">",     "word",  "two",   "words", "##e", "e"};
  for (std::int32_t id = 0; id < static_cast<std::int32_t>(std::size(pieces)); ++id)
    parts.vocabulary.emplace(pieces[id], id < 10 ? id : id + 10);
  parts.word_piece.unknown_id = 1;
  parts.frame.special_tokens = {{2}, {3}, {}};
  parts.added = std::move(added);
  return BertTokenizer(std::move(parts));
}

// Each stretch encoded for itself.
Ids encode_apart(const BertTokenizer& tokenizer, std::string_view text) {
  Ids ids{2};
  const AddedTokens tokens(kCutTokens);
  split_at_tokens(
      TokenCuts(text, tokens),
      [&](std::string_view stretch, bool) {
        const Ids part = tokenizer.encode(stretch, 1 << 20);
        ids.insert(ids.end(), part.begin() + 1, part.end() - 1);
      },
      [&](std::int32_t id) { ids.push_back(id); }, [] { return false; });
  ids.push_back(3);
  return ids;
}

TEST(TokenCuts, AreTheSameForEveryWindow) {
  std::mt19937 random(1);
  const AddedTokens tokens(kCutTokens);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(random, random() % 24);
    const std::vector<std::string> expected = cuts_of(text, tokens, TokenCuts::kWhole);
    for (const std::size_t window : {1, 2, 3, 4, 5, 7, 11, 16, 31})
      ASSERT_EQ(cuts_of(text, tokens, window), expected) << testing::PrintToString(text) << " by " << window;
  }
}

TEST(TokenCuts, OfATextWithoutTokensAreItsWindows) {
  const AddedTokens none;
  TokenCuts sut("ab cd\u00e9f", none, 3);
  std::vector<std::string> parts;
  while (!sut.at_end()) parts.emplace_back(sut.next().text);
  EXPECT_EQ(parts, (std::vector<std::string>{"ab", " cd\u00e9", "f"}));
}

TEST(TokenCuts, GiveALongTextTheIdsOfItsStretches) {
  std::mt19937 random(2);
  const BertTokenizer sut = tokenizer_of({kCutTokens, {}}), apart = tokenizer_of({});
  for (std::size_t before = 1000; before < 1032; ++before)
    for (const char filler : {' ', 'a', '!'}) {
      const std::string edge = random_text(random, 12), between = std::string(before - edge.size() / 2, filler);
      const std::string text = between + edge + between + random_text(random, 12) + between;
      ASSERT_EQ(sut.encode(text, 1 << 20), encode_apart(apart, text)) << testing::PrintToString(edge) << before;
    }
}

TEST(TokenCuts, MuchWhitespaceTakesTimeInProportion) {
  const BertTokenizer sut = tokenizer_of({kCutTokens, {}});
  const std::string spaces(8 << 20, ' ');
  EXPECT_EQ(sut.encode("a" + spaces + "<c>" + spaces + "a", 16), (Ids{2, 4, 13, 4, 3}));
}

// All but the beginning of the text is memory that nobody may read.
TEST(TokenCuts, TheRestOfALongTextIsNotRead) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t readable = 2 * page, whole = 100 * page;
  void* const memory = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  char* const text = static_cast<char*>(memory);
  for (std::size_t i = 0; i < readable; ++i) text[i] = i % 2 == 0 ? '!' : ' ';
  ASSERT_EQ(mprotect(text + readable, whole - readable, PROT_NONE), 0);
  AddedTokenLists added{kCutTokens, {{"<d>", 18}}};
  const Ids ids = tokenizer_of(std::move(added)).encode({text, whole}, 512);
  Ids expected(512, 6);
  expected.front() = 2, expected.back() = 3;
  EXPECT_EQ(ids, expected);
  munmap(memory, whole);
}

}  // namespace
}  // namespace memo
