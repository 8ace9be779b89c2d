// What two texts share, word by word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace memo {

// A part of a text, with the blanks behind it.
struct TextRun {
  std::string text;
  bool shared = false;
  bool operator==(const TextRun&) const = default;
};

struct TextDifference {
  std::vector<TextRun> left;
  std::vector<TextRun> right;
};

// The runs of each text, put together again, are the text. Shared words are a longest common subsequence.
// Requires: texts of some hundred words, as it takes memory for each pair.
TextDifference compare_texts(std::string_view left, std::string_view right);

// The first `most` code points, and "…" where there were more. What is not UTF-8 becomes U+FFFD.
std::string beginning_of(std::string_view text, std::size_t most);

}  // namespace memo
