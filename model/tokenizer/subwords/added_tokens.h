// Added tokens: strings such as "[SEP]" that are found in a text before it is split into words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/tokenizer/unicode/byte_trie.h"

namespace memo {

struct AddedToken {
  std::string content;  // UTF-8, not empty
  std::int32_t id = 0;
  bool strip_left = false;   // includes the whitespace before it
  bool strip_right = false;  // includes the whitespace behind it
  bool single_word = false;  // is no match beside a word character, such as a letter or digit
};

struct AddedTokenLists {
  std::vector<AddedToken> raw;         // matched in the text as it is
  std::vector<AddedToken> normalized;  // content normalized, matched in the normalized text
};

// Threads: any, after construction.
class AddedTokens {
 public:
  AddedTokens() = default;
  // If a content is repeated, its first token counts.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }
  // Whether a content has whitespace in it: else a text that is cut there has the same matches.
  bool hold_whitespace() const;

  struct Match {
    std::size_t begin = 0;  // bytes of the text, stripped whitespace included
    std::size_t end = 0;
    std::int32_t id = 0;
    std::size_t content_end = 0;
  };
  // The leftmost match behind the content of the one before, the longest where several begin there. It may begin
  // in whitespace that the match before has taken; it is a match nevertheless.
  std::optional<Match> find(std::string_view text, const Match& before) const;

 private:
  const AddedToken* longest_at(std::string_view text) const;

  std::vector<AddedToken> tokens_;
  ByteTrie contents_;  // with indices of tokens
  std::array<bool, 256> first_byte_{};
};

// Hands the stretches between added tokens to on_text(stretch, begins_the_text), and the ids of the tokens to
// on_token, in order, until `full()`. No stretch is empty.
template <typename OnText, typename OnToken, typename Full>
void split_at_tokens(std::string_view text, const AddedTokens& tokens, OnText on_text, OnToken on_token,
                     Full full) {
  AddedTokens::Match before;
  while (!full()) {
    const auto match = tokens.find(text, before);
    const std::size_t end = match ? match->begin : text.size();
    if (end > before.end) on_text(text.substr(before.end, end - before.end), before.end == 0);
    if (!match || full()) return;
    on_token(match->id);
    before = *match;
  }
}

}  // namespace memo
