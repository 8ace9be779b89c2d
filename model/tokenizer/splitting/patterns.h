// Patterns by hand: the regular expressions that published tokenizers split with.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "model/tokenizer/splitting/matches.h"

namespace memo {

// Not empty.
class StringPattern : public Pattern {
 public:
  explicit StringPattern(std::string text) : text_(std::move(text)) {}
  std::size_t match_at(std::string_view text, std::size_t position) const override;

 private:
  std::string text_;
};

// Runs of characters of a class, at most `longest` in one match: \s+, \d, \p{N}{1,3}.
class RunPattern : public Pattern {
 public:
  using Class = bool (*)(char32_t);
  explicit RunPattern(Class in_class, std::size_t longest = std::numeric_limits<std::size_t>::max())
      : in_class_(in_class), longest_(longest) {}
  std::size_t match_at(std::string_view text, std::size_t position) const override;

 private:
  Class in_class_;
  std::size_t longest_;
};

// \w+|[^\w\s]+ of the pre-tokenizer Whitespace. (In a regular expression of a file, \w is another class.)
class WordPattern : public Pattern {
 public:
  std::size_t match_at(std::string_view text, std::size_t position) const override;
};

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
class Gpt2Pattern : public Pattern {
 public:
  std::size_t match_at(std::string_view text, std::size_t position) const override;
};

// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+ with another number of digits than 3 where it says so.
class Cl100kPattern : public Pattern {
 public:
  explicit Cl100kPattern(std::size_t digits) : digits_(digits) {}
  std::size_t match_at(std::string_view text, std::size_t position) const override;

 private:
  std::size_t digits_;
};

}  // namespace memo
