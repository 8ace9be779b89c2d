// Added tokens: strings such as "[SEP]" that are found in a text before it is split into words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/tokenizer/byte_trie.h"

namespace memo {

struct AddedToken {
  std::string content;  // UTF-8, not empty
  std::int32_t id = 0;
  bool strip_left = false;   // takes the whitespace before it along
  bool strip_right = false;  // and behind it
  bool single_word = false;  // is no match with a letter, digit or the like beside it
};

// Threads: any, after construction.
class AddedTokens {
 public:
  AddedTokens() = default;
  // Where a content is repeated, its last token counts.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }

  struct Match {
    std::size_t begin = 0;  // bytes of the text, stripped whitespace included
    std::size_t end = 0;
    std::int32_t id = 0;
  };
  // The leftmost match at or after `from`, the longest where several begin there.
  std::optional<Match> find(std::string_view text, std::size_t from) const;

 private:
  const AddedToken* longest_at(std::string_view text) const;

  std::vector<AddedToken> tokens_;
  ByteTrie contents_;  // with indices of tokens
  std::array<bool, 256> first_byte_{};
};

}  // namespace memo
