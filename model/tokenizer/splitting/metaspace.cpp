#include "model/tokenizer/splitting/metaspace.h"

#include <algorithm>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {

std::string MetaspacePreTokenizer::replace_spaces(const Word& text) const {
  using Prepend = MetaspaceOptions::Prepend;
  std::string out;
  out.reserve(text.text.size() + options_.replacement.size());
  for (const char c : text.text) {
    if (c == ' ') {
      out.append(options_.replacement);
    } else {
      out.push_back(c);
    }
  }
  const bool wanted = options_.prepend == Prepend::always || (options_.prepend == Prepend::first && text.at_start);
  if (wanted && !out.starts_with(options_.replacement)) out.insert(0, options_.replacement);
  return out;
}

bool MetaspacePreTokenizer::split(const Word& text, const WordSink& sink) const {
  const std::string replaced = replace_spaces(text);
  if (replaced.empty()) return true;
  if (!options_.split) return sink({replaced, text.at_start});
  for (std::size_t begin = 0; begin < replaced.size();) {
    const std::size_t end = std::min(replaced.find(options_.replacement, begin + 1), replaced.size());
    const std::string_view word = std::string_view(replaced).substr(begin, end - begin);
    if (!sink({word, text.at_start && begin == 0})) return false;
    begin = end;
  }
  return true;
}

bool WhitespaceSplitPreTokenizer::split(const Word& text, const WordSink& sink) const {
  std::size_t begin = 0;
  for (std::size_t position = 0; position < text.text.size();) {
    const std::size_t end = position;
    if (!is_whitespace(next_code_point(text.text, position))) continue;
    const bool empty = end == begin;
    if (!empty && !sink({text.text.substr(begin, end - begin), text.at_start && begin == 0})) return false;
    begin = position;
  }
  return begin == text.text.size() || sink({text.text.substr(begin), text.at_start && begin == 0});
}

}  // namespace memo
