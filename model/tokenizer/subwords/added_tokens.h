// Added tokens: strings such as "[SEP]" that are found in a text before it is split into words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
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
  bool hold_whitespace() const { return hold_whitespace_; }

  struct Match {
    const AddedToken* token = nullptr;  // null: there is none
    std::size_t begin = 0;              // of its content; without a token: how far there is none
  };
  // The leftmost content that begins in [from, until), the longest where several begin there. It may end behind
  // `until`, and so may the stretch without one.
  Match find(std::string_view text, std::size_t from, std::size_t until) const;

 private:
  const AddedToken* longest_at(std::string_view text) const;

  std::vector<AddedToken> tokens_;
  ByteTrie contents_;  // with indices of tokens
  std::array<bool, 256> first_byte_{};
  bool hold_whitespace_ = false;
};

// Cuts a text at its added tokens, step by step: what no step has come to is not read, but for a token's length.
// Lifetime: text and tokens outlive this. Threads: one.
class TokenCuts {
 public:
  static constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();
  // window: bytes that a step searches, about; kWhole: each step ends with a token or the text.
  TokenCuts(std::string_view text, const AddedTokens& tokens, std::size_t window = kWhole)
      : text_(text), tokens_(tokens), window_(window) {}

  bool at_end() const { return searched_ == text_.size(); }

  struct Step {
    std::string_view text;  // whole characters without a token; may be empty
    bool begins_the_text = false;
    std::optional<std::int32_t> token;  // the one behind `text`; none: the text goes on or ends
    std::string_view token_text;        // what it takes, stripped whitespace included
  };
  // Requires: not at_end().
  Step next();

 private:
  Step take_until(std::size_t end);
  std::size_t window_end() const;

  const std::string_view text_;
  const AddedTokens& tokens_;
  const std::size_t window_;
  std::size_t taken_ = 0;  // steps and tokens have all before it, stripped whitespace included
  // No token is to come whose content begins before it. It may begin in whitespace that the one before has taken.
  std::size_t searched_ = 0;
};

// Hands the text between added tokens to on_text(part, begins_the_text), and the ids of the tokens to on_token, in
// order, until `full()`. No part is empty.
template <typename OnText, typename OnToken, typename Full>
void split_at_tokens(TokenCuts cuts, OnText on_text, OnToken on_token, Full full) {
  while (!full() && !cuts.at_end()) {
    const TokenCuts::Step step = cuts.next();
    if (!step.text.empty()) on_text(step.text, step.begins_the_text);
    if (step.token && !full()) on_token(*step.token);
  }
}

}  // namespace memo
