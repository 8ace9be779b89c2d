#include "model/tokenizer/splitting/byte_level.h"

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"
#include "model/tokenizer/unicode/unicode_classes.h"

namespace memo {
namespace {

enum class Class { letter, number, whitespace, other };

Class classify(char32_t c) {
  if (is_letter(c)) return Class::letter;
  if (is_whitespace(c)) return Class::whitespace;
  return is_number(c) ? Class::number : Class::other;
}

struct Run {
  std::size_t end;   // of the characters of one class
  std::size_t last;  // where the last of them begins
};

// Requires: position < text.size().
Run run_of(std::string_view text, std::size_t position, Class wanted) {
  Run run{position, position};
  while (position < text.size()) {
    const std::size_t begin = position;
    if (classify(next_code_point(text, position)) != wanted) break;
    run = {position, begin};
  }
  return run;
}

Class class_at(std::string_view text, std::size_t position) {
  return classify(next_code_point(text, position));
}

std::size_t lower_contraction_size(std::string_view text) {
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
    if (text.starts_with(ending)) return ending.size();
  return 0;
}

std::size_t whitespace_size(std::string_view text) {
  const Run run = run_of(text, 0, Class::whitespace);
  const bool word_follows = run.end < text.size();
  return word_follows && run.last > 0 ? run.last : run.end;
}

}  // namespace

std::size_t gpt2_word_size(std::string_view text) {
  if (const std::size_t size = lower_contraction_size(text)) return size;
  const std::size_t begin = text[0] == ' ' && text.size() > 1 ? 1 : 0;
  const Class found = class_at(text, begin);
  return found == Class::whitespace ? whitespace_size(text) : run_of(text, begin, found).end;
}

std::array<char32_t, 256> visible_characters() {
  std::array<char32_t, 256> characters{};
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
    characters[byte] = printable ? byte : next++;
  }
  return characters;
}

ByteLevelPreTokenizer::ByteLevelPreTokenizer(const ByteLevelOptions& options) : options_(options) {
  const auto characters = visible_characters();
  for (std::size_t byte = 0; byte < characters.size(); ++byte) append_utf8(characters[byte], visible_[byte]);
}

TracedText ByteLevelPreTokenizer::visible(TracedView word) const {
  return rewrite(word, 2 * word.text.size(), [&](auto& out) {
    for (std::size_t i = 0; i < word.text.size(); ++i)
      out.put(std::string_view(visible_[static_cast<unsigned char>(word.text[i])]), i);
  });
}

bool ByteLevelPreTokenizer::split(const Word& text, const WordSink& sink) const {
  TracedText prefixed;
  TracedView rest = text.view();
  if (options_.add_prefix_space && !rest.text.starts_with(' ')) {
    prefixed = rewrite(rest, rest.text.size() + 1, [&](auto& out) {
      out.put(U' ', 0);
      out.copy(0, rest.text.size());
    });
    rest = prefixed.view();
  }
  bool at_start = text.at_start;
  while (!rest.text.empty()) {
    const std::size_t size = options_.use_regex ? gpt2_word_size(rest.text) : rest.text.size();
    if (!sink(word_of(visible(rest.part(0, size)).view(), at_start))) return false;
    rest = rest.part(size, rest.text.size());
    at_start = false;
  }
  return true;
}

}  // namespace memo
