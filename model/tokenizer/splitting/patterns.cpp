#include "model/tokenizer/splitting/patterns.h"

#include "embed/json/utf8.h"
#include "model/tokenizer/splitting/byte_level.h"
#include "model/tokenizer/unicode/unicode.h"
#include "model/tokenizer/unicode/unicode_classes.h"

namespace memo {
namespace {

bool is_line_end(char32_t c) {
  return c == '\r' || c == '\n';
}

bool is_symbol(char32_t c) {
  return !is_whitespace(c) && !is_letter(c) && !is_number(c);
}

bool is_other_than_word(char32_t c) {
  return !is_whitespace(c) && !is_word_character(c);
}

// The end of the run of at most `longest` characters that begins at `position`; `position` where there is none.
template <typename InClass>
std::size_t end_of_run(std::string_view text, std::size_t position, InClass in_class,
                       std::size_t longest = std::numeric_limits<std::size_t>::max()) {
  for (; position < text.size() && longest > 0; --longest) {
    std::size_t next = position;
    if (!in_class(next_code_point(text, next))) break;
    position = next;
  }
  return position;
}

// Ignores case; the long s (U+017F) counts as an s.
std::size_t contraction_size(std::string_view text) {
  for (const std::string_view one : {"'s", "'t", "'m", "'d", "'re", "'ve", "'ll"}) {
    bool same = text.size() >= one.size();
    for (std::size_t i = 0; same && i < one.size(); ++i)
      same = (text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]) == one[i];
    if (same) return one.size();
  }
  constexpr std::string_view kLongS = "'\u017F";
  return text.starts_with(kLongS) ? kLongS.size() : 0;
}

// [^\r\n\p{L}\p{N}]?\p{L}+
std::size_t end_of_letters(std::string_view text) {
  std::size_t begin = 0;
  const char32_t first = next_code_point(text, begin);
  if (is_letter(first) || is_number(first) || is_line_end(first)) begin = 0;
  const std::size_t end = end_of_run(text, begin, is_letter);
  return end > begin ? end : 0;
}

//  ?[^\s\p{L}\p{N}]+[\r\n]*
std::size_t end_of_symbols(std::string_view text) {
  const std::size_t begin = text.starts_with(' ') ? 1 : 0;
  const std::size_t end = end_of_run(text, begin, is_symbol);
  return end > begin ? end_of_run(text, end, is_line_end) : 0;
}

// \s*[\r\n]+|\s+(?!\S)|\s+
std::size_t end_of_whitespace(std::string_view text) {
  const std::size_t end = end_of_run(text, 0, is_whitespace);
  const std::size_t line_end = text.substr(0, end).find_last_of("\r\n");
  if (line_end != std::string_view::npos) return line_end + 1;
  if (end == text.size() || end == 0) return end;
  std::size_t last = end - 1;  // where its last character begins, which the next word keeps
  while (last > 0 && is_continuation(text[last])) --last;
  return last > 0 ? last : end;
}

}  // namespace

std::size_t StringPattern::match_at(std::string_view text, std::size_t position) const {
  return text.substr(position).starts_with(text_) ? text_.size() : 0;
}

std::size_t RunPattern::match_at(std::string_view text, std::size_t position) const {
  return end_of_run(text, position, in_class_, longest_) - position;
}

std::size_t WordPattern::match_at(std::string_view text, std::size_t position) const {
  const std::size_t word = end_of_run(text, position, is_word_character);
  return (word > position ? word : end_of_run(text, position, is_other_than_word)) - position;
}

std::size_t Gpt2Pattern::match_at(std::string_view text, std::size_t position) const {
  return gpt2_word_size(text.substr(position));
}

std::size_t Cl100kPattern::match_at(std::string_view text, std::size_t position) const {
  const std::string_view rest = text.substr(position);
  if (const std::size_t size = contraction_size(rest)) return size;
  if (const std::size_t size = end_of_letters(rest)) return size;
  if (const std::size_t size = end_of_run(rest, 0, is_number, digits_)) return size;
  if (const std::size_t size = end_of_symbols(rest)) return size;
  return end_of_whitespace(rest);
}

}  // namespace memo
