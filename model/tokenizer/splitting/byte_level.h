// ByteLevel: words as GPT-2 finds them, each of their bytes as one visible character.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "model/tokenizer/splitting/pre_tokenizer.h"

namespace memo {

// The visible character that stands for each byte: printable ones of Latin-1 for themselves, U+0100 and on for the
// others, in order.
std::array<char32_t, 256> visible_characters();

struct ByteLevelOptions {
  bool add_prefix_space = true;  // a text that does not begin with a space gets one
  bool use_regex = true;         // split into words; else the text is one
};

class ByteLevelPreTokenizer : public PreTokenizer {
 public:
  explicit ByteLevelPreTokenizer(const ByteLevelOptions& options);
  bool split(const Word& text, const WordSink& sink) const override;

 private:
  TracedText visible(TracedView word) const;

  ByteLevelOptions options_;
  std::array<std::string, 256> visible_;  // of each byte, as UTF-8
};

// The bytes of the word that begins `text`: a contraction ('s 't 're 've 'm 'll 'd); letters, numbers, or anything
// else but whitespace, each with one space before it where there is one; or whitespace, without the last of it
// where a word follows. Requires: text is UTF-8, not empty.
// Source: the pattern 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ of GPT-2.
std::size_t gpt2_word_size(std::string_view text);

}  // namespace memo
