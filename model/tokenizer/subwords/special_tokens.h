// SpecialTokens: the tokens that a post-processor puts around the ids of a text, such as [CLS] and [SEP].
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace memo {

// The max. number of special tokens of a pair.
inline constexpr std::size_t kMaxPairTokens = 4;

// Special tokens, or a text, in the form of a pair.
struct PairPiece {
  enum class Kind { tokens, first, second };
  Kind kind = Kind::tokens;
  std::vector<std::int32_t> ids;  // of the special tokens
  std::int32_t type = 0;          // of all its ids
};

// Takes the whitespace at both ends of a token out of its place in the text; so byte-level tokens, which hold the
// space before a word, show the word alone.
struct PlaceTrim {
  bool keeps_first_space = false;  // one before the first token, which the tokenizer may have added itself
  bool after_frame = false;        // the special tokens are there already, so the first token is one of them
};

struct SpecialTokens {
  std::vector<std::int32_t> before;
  std::vector<std::int32_t> after;
  std::vector<PairPiece> pair;        // each text once; empty where the form of pairs is unknown
  std::vector<PlaceTrim> trims = {};  // one after the other

  std::size_t pair_tokens() const;
};

// [CLS] text [SEP], and [CLS] first [SEP] second [SEP], where the second and what follows are of type 1.
SpecialTokens bert_tokens(std::int32_t cls, std::int32_t sep);
// <s> text </s>, and <s> first </s></s> second </s>, all of type 0.
SpecialTokens roberta_tokens(std::int32_t cls, std::int32_t sep);

}  // namespace memo
