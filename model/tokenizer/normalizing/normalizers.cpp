#include "model/tokenizer/normalizing/normalizers.h"

#include <algorithm>
#include <string_view>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {

void NormalFormNormalizer::apply(NormalizedText& normalized) const {
  normalized.text = to_normal_form(normalized.text, form_);
}

void LowercaseNormalizer::apply(NormalizedText& normalized) const {
  std::string out;
  out.reserve(normalized.text.size());
  for (std::size_t position = 0; position < normalized.text.size();)
    for (const char32_t lower : lowercase(next_code_point(normalized.text, position))) append_utf8(lower, out);
  normalized.text = std::move(out);
}

void StripAccentsNormalizer::apply(NormalizedText& normalized) const {
  const std::string_view text = normalized.text;
  std::string out;
  out.reserve(text.size());
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t begin = position;
    const bool mark = is_combining_mark(next_code_point(text, position));
    if (mark && begin == 0) normalized.at_start = false;
    if (!mark) out.append(text.substr(begin, position - begin));
  }
  normalized.text = std::move(out);
}

void StripNormalizer::apply(NormalizedText& normalized) const {
  const std::string_view text = normalized.text;
  std::size_t begin = text.size();  // of the first character that is no whitespace
  std::size_t end = 0;              // of the last
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t before = position;
    if (is_whitespace(next_code_point(text, position))) continue;
    begin = std::min(begin, before);
    end = position;
  }
  if (!left_) begin = 0;
  if (!right_) end = text.size();
  if (begin > 0) normalized.at_start = false;
  normalized.text = begin < end ? normalized.text.substr(begin, end - begin) : "";
}

void PrependNormalizer::apply(NormalizedText& normalized) const {
  if (!normalized.text.empty()) normalized.text.insert(0, prefix_);
}

// The bytes of a match at the start of `text`, 0 where there is none.
std::size_t ReplaceNormalizer::match(std::string_view text) const {
  const std::size_t step = pattern_.text.size();
  std::size_t count = 0;
  while ((count < pattern_.least || pattern_.greedy) && text.substr(count * step).starts_with(pattern_.text))
    ++count;
  return count >= pattern_.least ? count * step : 0;
}

void ReplaceNormalizer::apply(NormalizedText& normalized) const {
  const std::string_view text = normalized.text;
  std::string out;
  out.reserve(text.size());
  std::size_t first_size = 0;  // of the first character; what replaces several comes from the last of them
  if (!text.empty()) next_code_point(text, first_size);
  std::size_t position = 0;
  while (position < text.size() && out.size() < normalized.max_bytes) {
    const std::size_t next = std::min(text.find(pattern_.text, position), text.size());
    out.append(text.substr(position, next - position));
    position = next;
    if (position == text.size()) break;
    const std::size_t matched = match(text.substr(position));
    if (position == 0 && (content_.empty() ? matched > 0 : matched > first_size)) normalized.at_start = false;
    out.append(matched > 0 ? std::string_view(content_) : text.substr(position, pattern_.text.size()));
    position += matched > 0 ? matched : pattern_.text.size();
  }
  normalized.text = std::move(out);
}

void BertTextNormalizer::apply(NormalizedText& normalized) const {
  normalized.text = normalize(normalized.text, options_);
}

}  // namespace memo
