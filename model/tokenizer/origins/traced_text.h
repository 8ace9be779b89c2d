// TracedText: a text that remembers where its bytes come from, while normalizers and pre-tokenizers change it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "embed/json/utf8.h"

namespace memo {

// Units: characters of the original text, in which each ill-formed stretch of bytes is one: see next_code_point.
struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Lifetime: what it shows outlives it.
struct TracedView {
  std::string_view text;
  const TextSpan* origins = nullptr;  // of each byte of text; null: nobody asks

  TracedView part(std::size_t begin, std::size_t end) const {
    return {text.substr(begin, end - begin), origins == nullptr ? nullptr : origins + begin};
  }
};

struct TracedText {
  std::string text;               // UTF-8
  std::vector<TextSpan> origins;  // of each byte of text; empty: nobody asks

  TracedView view() const { return {text, origins.empty() ? nullptr : origins.data()}; }
};

// Writes a text that comes from another one.
class PlainWriter {
 public:
  // `size`: what the text will have, about.
  PlainWriter(TracedView source, std::size_t size) : source_(source.text) { text_.reserve(size); }

  std::size_t size() const { return text_.size(); }
  // Bytes of the source as they are.
  void copy(std::size_t begin, std::size_t end) { text_.append(source_, begin, end - begin); }
  // Other bytes, which come from where the byte `from` of the source does.
  void put(std::string_view bytes, std::size_t /*from*/) { text_.append(bytes); }
  void put(char32_t character, std::size_t /*from*/) { append_utf8(character, text_); }
  TracedText take() { return {std::move(text_), {}}; }

 private:
  std::string_view source_;
  std::string text_;
};

// The same, tracing the bytes. Requires: source is traced.
class TracingWriter {
 public:
  TracingWriter(TracedView source, std::size_t size) : source_(source), plain_(source, size) {}

  std::size_t size() const { return plain_.size(); }
  void copy(std::size_t begin, std::size_t end) {
    plain_.copy(begin, end);
    origins_.insert(origins_.end(), source_.origins + begin, source_.origins + end);
  }
  template <typename Content>
  void put(Content content, std::size_t from) {
    plain_.put(content, from);
    origins_.resize(plain_.size(), source_.origins[from]);
  }
  TracedText take() { return {std::move(plain_.take().text), std::move(origins_)}; }

 private:
  TracedView source_;
  PlainWriter plain_;
  std::vector<TextSpan> origins_;
};

// Makes a text of another one: write(out) writes it, traced where the other is. Without a trace it costs nothing.
template <typename Write>
TracedText rewrite(TracedView source, std::size_t size, Write write) {
  if (source.origins == nullptr) {
    PlainWriter out(source, size);
    write(out);
    return out.take();
  }
  TracingWriter out(source, size);
  write(out);
  return out.take();
}
template <typename Write>
TracedText rewrite(TracedView source, Write write) {
  return rewrite(source, source.text.size(), write);
}

// The whole of a text, each byte from its own character. Requires: text is UTF-8.
TracedText traced(std::string text);

// A character of a changed text: 0 says that it takes the place of the next one, -n that it takes the place of n more,
// 1 that it stands behind the one before it, where nothing was.
// Source: NormalizedString::transform of the `tokenizers` package, 0.19.
struct CharacterChange {
  char32_t character = 0;
  int change = 0;
};

// Requires: the view is traced.
TracedText apply_changes(TracedView source, std::span<const CharacterChange> changes);

}  // namespace memo
