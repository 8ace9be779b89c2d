#include "model/tokenizer/splitting/metaspace.h"

#include <algorithm>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {

TracedText MetaspacePreTokenizer::replace_spaces(const Word& word) const {
  using Prepend = MetaspaceOptions::Prepend;
  const std::string_view text = word.text;
  const std::string_view replacement = options_.replacement;
  const bool there = text.starts_with(' ') || text.starts_with(replacement);
  const bool wanted = options_.prepend == Prepend::always || (options_.prepend == Prepend::first && word.at_start);
  return rewrite(word.view(), text.size() + replacement.size(), [&](auto& out) {
    if (wanted && !there) out.put(replacement, 0);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t space = std::min(text.find(' ', begin), text.size());
      out.copy(begin, space);
      if (space < text.size()) out.put(replacement, space);
      begin = space + 1;
    }
  });
}

bool MetaspacePreTokenizer::split(const Word& text, const WordSink& sink) const {
  if (text.text.empty()) return true;
  const TracedText replaced = replace_spaces(text);
  const Word whole = word_of(replaced.view(), text.at_start);
  if (!options_.split) return sink(whole);
  for (std::size_t begin = 0; begin < replaced.text.size();) {
    const std::size_t end = std::min(replaced.text.find(options_.replacement, begin + 1), replaced.text.size());
    if (!sink(whole.part(begin, end))) return false;
    begin = end;
  }
  return true;
}

bool WhitespaceSplitPreTokenizer::split(const Word& text, const WordSink& sink) const {
  std::size_t begin = 0;
  for (std::size_t position = 0; position < text.text.size();) {
    const std::size_t end = position;
    if (!is_whitespace(next_code_point(text.text, position))) continue;
    if (end != begin && !sink(text.part(begin, end))) return false;
    begin = position;
  }
  return begin == text.text.size() || sink(text.part(begin, text.text.size()));
}

}  // namespace memo
