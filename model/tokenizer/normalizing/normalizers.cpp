#include "model/tokenizer/normalizing/normalizers.h"

#include <algorithm>
#include <string_view>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {

namespace {

TracedText lowercased(TracedView source) {
  return rewrite(source, [&](auto& out) {
    for (std::size_t position = 0; position < source.text.size();) {
      const std::size_t begin = position;
      for (const char32_t lower : lowercase(next_code_point(source.text, position))) out.put(lower, begin);
    }
  });
}

// Without the characters that are `dropped`.
template <typename Dropped>
TracedText without(TracedView source, Dropped dropped) {
  return rewrite(source, [&](auto& out) {
    for (std::size_t position = 0; position < source.text.size();) {
      const std::size_t begin = position;
      if (!dropped(next_code_point(source.text, position))) out.copy(begin, position);
    }
  });
}

TracedText cleaned(TracedView source) {
  return rewrite(source, [&](auto& out) {
    for (std::size_t position = 0; position < source.text.size();) {
      const std::size_t begin = position;
      const char32_t c = next_code_point(source.text, position);
      if (c != kReplacementCharacter && !is_control(c)) out.put(is_whitespace(c) ? U' ' : c, begin);
    }
  });
}

TracedText with_ideographs_apart(TracedView source) {
  return rewrite(source, [&](auto& out) {
    for (std::size_t position = 0; position < source.text.size();) {
      const std::size_t begin = position;
      const bool apart = is_cjk_ideograph(next_code_point(source.text, position));
      if (apart) out.put(U' ', begin);
      out.copy(begin, position);
      if (apart) out.put(U' ', begin);
    }
  });
}

}  // namespace

void NormalFormNormalizer::apply(NormalizedText& normalized) const {
  if (normalized.origins.empty()) {
    normalized.text = to_normal_form(normalized.text, form_);
  } else {
    normalized.become(apply_changes(normalized.view(), normal_form_changes(normalized.text, form_)));
  }
}

void LowercaseNormalizer::apply(NormalizedText& normalized) const {
  normalized.become(lowercased(normalized.view()));
}

void StripAccentsNormalizer::apply(NormalizedText& normalized) const {
  std::size_t position = 0;
  const bool begins_with_mark =
      !normalized.text.empty() && is_combining_mark(next_code_point(normalized.text, position));
  if (begins_with_mark) normalized.at_start = false;
  normalized.become(without(normalized.view(), is_combining_mark));
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
  normalized.become(rewrite(normalized.view(), [&](auto& out) {
    if (begin < end) out.copy(begin, end);
  }));
}

void PrependNormalizer::apply(NormalizedText& normalized) const {
  if (normalized.text.empty()) return;
  normalized.become(rewrite(normalized.view(), [&](auto& out) {
    out.put(std::string_view(prefix_), 0);
    out.copy(0, normalized.text.size());
  }));
}

// The bytes of a match at the start of `text`, 0 where there is none.
std::size_t ReplaceNormalizer::match(std::string_view text) const {
  const std::size_t step = pattern_.text.size();
  std::size_t count = 0;
  while ((count < pattern_.least || pattern_.greedy) && text.substr(count * step).starts_with(pattern_.text))
    ++count;
  return count >= pattern_.least ? count * step : 0;
}

template <typename Output>
void ReplaceNormalizer::write(NormalizedText& normalized, Output& out) const {
  const std::string_view text = normalized.text;
  std::size_t first_size = 0;  // of the first character; what replaces several originates from the last one
  if (!text.empty()) next_code_point(text, first_size);
  std::size_t position = 0;
  while (position < text.size() && out.size() < normalized.max_bytes) {
    const std::size_t next = std::min(text.find(pattern_.text, position), text.size());
    out.copy(position, next);
    position = next;
    if (position == text.size()) break;
    const std::size_t matched = match(text.substr(position));
    const std::size_t end = position + (matched > 0 ? matched : pattern_.text.size());
    if (position == 0 && (content_.empty() ? matched > 0 : matched > first_size)) normalized.at_start = false;
    if (matched > 0) {
      out.put(std::string_view(content_), end - 1);
    } else {
      out.copy(position, end);
    }
    position = end;
  }
}

void ReplaceNormalizer::apply(NormalizedText& normalized) const {
  normalized.become(rewrite(normalized.view(), [&](auto& out) { write(normalized, out); }));
}

void BertTextNormalizer::apply(NormalizedText& normalized) const {
  if (normalized.origins.empty()) {
    normalized.text = normalize(normalized.text, options_);
  } else {
    apply_in_steps(normalized);
  }
}

// Does in steps what NormalizerStream does in one pass.
void BertTextNormalizer::apply_in_steps(NormalizedText& normalized) const {
  if (options_.clean_text) normalized.become(cleaned(normalized.view()));
  if (options_.handle_chinese_chars) normalized.become(with_ideographs_apart(normalized.view()));
  if (options_.strip_accents) {
    NormalFormNormalizer({.compatible = false, .composed = false}).apply(normalized);
    normalized.become(without(normalized.view(), is_nonspacing_mark));
  }
  if (options_.lowercase) normalized.become(lowercased(normalized.view()));
}

}  // namespace memo
