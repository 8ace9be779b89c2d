#include "tools/memo-profile/report/sections/text_difference.h"

#include <algorithm>
#include <cstdint>

#include "embed/json/utf8.h"

namespace memo {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

struct Word {
  std::string_view letters;
  std::string_view with_blanks;
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
    const std::size_t next = std::min(text.find_first_not_of(kBlanks, end), text.size());
    words.push_back({text.substr(0, end), text.substr(0, next)});
    text.remove_prefix(next);
  }
  return words;
}

// The length of the longest common subsequence of words of the rests of both texts, from each pair of words on.
// Shapes: [left + 1, right + 1]
class SharedCounts {
 public:
  SharedCounts(const std::vector<Word>& left, const std::vector<Word>& right)
      : columns_(right.size() + 1), counts_((left.size() + 1) * columns_) {
    for (std::size_t i = left.size(); i-- > 0;)
      for (std::size_t j = right.size(); j-- > 0;)
        counts_[i * columns_ + j] =
            left[i].letters == right[j].letters ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
  }
  std::uint32_t at(std::size_t i, std::size_t j) const { return counts_[i * columns_ + j]; }

 private:
  std::size_t columns_;
  std::vector<std::uint32_t> counts_;
};

void add(const Word& word, bool shared, std::vector<TextRun>& runs) {
  if (runs.empty() || runs.back().shared != shared) runs.push_back({{}, shared});
  runs.back().text += word.with_blanks;
}

}  // namespace

TextDifference compare_texts(std::string_view left_text, std::string_view right_text) {
  const std::vector<Word> left = words_of(left_text), right = words_of(right_text);
  const SharedCounts shared(left, right);
  TextDifference difference;
  std::size_t i = 0, j = 0;
  while (i < left.size() && j < right.size()) {
    if (left[i].letters == right[j].letters) {
      add(left[i++], true, difference.left);
      add(right[j++], true, difference.right);
    } else if (shared.at(i + 1, j) >= shared.at(i, j + 1)) {
      add(left[i++], false, difference.left);
    } else {
      add(right[j++], false, difference.right);
    }
  }
  while (i < left.size()) add(left[i++], false, difference.left);
  while (j < right.size()) add(right[j++], false, difference.right);
  return difference;
}

std::string beginning_of(std::string_view text, std::size_t most) {
  std::string beginning;
  std::size_t position = 0;
  for (std::size_t count = 0; count < most && position < text.size(); ++count)
    append_utf8(next_code_point(text, position), beginning);
  return position < text.size() ? beginning + "…" : beginning;
}

}  // namespace memo
