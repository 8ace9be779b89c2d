#include "model/tokenizer/normalizing/bert_normalizer.h"

#include <algorithm>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {

void NormalizerStream::push(char32_t c, std::string& out) {
  if (c < 0x80) return push_ascii(c, out);
  if (!options_.clean_text) return push_clean(c, out);
  if (c == kReplacementCharacter || is_control(c)) return;
  push_clean(is_whitespace(c) ? U' ' : c, out);
}

// Most text is ASCII. Every ASCII character is a starter that decomposes to itself.
void NormalizerStream::push_ascii(char32_t c, std::string& out) {
  if (options_.clean_text && is_control(c)) return;
  if (!marks_.empty()) finish(out);
  if (options_.clean_text && is_whitespace(c)) c = ' ';
  if (options_.lowercase && c >= 'A' && c <= 'Z') c += 'a' - 'A';
  out.push_back(static_cast<char>(c));
}

void NormalizerStream::push_clean(char32_t c, std::string& out) {
  const bool apart = options_.handle_chinese_chars && is_cjk_ideograph(c);
  if (apart) push_decomposed(' ', out);
  push_decomposed(c, out);
  if (apart) push_decomposed(' ', out);
}

void NormalizerStream::push_decomposed(char32_t c, std::string& out) {
  if (!options_.strip_accents) return append(c, out);
  for (const char32_t part : decompose(c)) {
    const int order = combining_class(part);
    if (order == 0) finish(out);
    if (is_nonspacing_mark(part)) continue;
    if (order == 0) {
      append(part, out);
    } else {
      marks_.emplace_back(order, part);
    }
  }
}

void NormalizerStream::finish(std::string& out) {
  const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::stable_sort(marks_.begin(), marks_.end(), before);
  for (const auto& [order, mark] : marks_) append(mark, out);
  marks_.clear();
}

void NormalizerStream::append(char32_t c, std::string& out) const {
  if (!options_.lowercase) return append_utf8(c, out);
  for (const char32_t lower : lowercase(c)) append_utf8(lower, out);
}

std::string normalize(std::string_view text, const NormalizerOptions& options) {
  NormalizerStream stream(options);
  std::string out;
  std::size_t position = 0;
  while (position < text.size()) stream.push(next_code_point(text, position), out);
  stream.finish(out);
  return out;
}

}  // namespace memo
