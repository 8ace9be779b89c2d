// Character properties as the `tokenizers` package sees them.
//
// The package mixes versions of Unicode: general categories are Unicode 8's, canonical ordering and decomposition
// are Unicode 9's or so, lower case is that of its Rust compiler. Here utf8proc answers, and small tables correct
// the differences; they were found by comparing every code point with tokenizers 0.23.3.
#pragma once

#include <array>
#include <cstddef>

namespace memo {

// Unicode White_Space.
bool is_whitespace(char32_t c);
// General category C, except tab, line feed and carriage return, and without unassigned code points.
bool is_control(char32_t c);
// ASCII punctuation (with $ + < = > ^ ` | ~) and general category P.
bool is_punctuation(char32_t c);
// General category Mn.
bool is_nonspacing_mark(char32_t c);
// General category M, in Unicode 9.
bool is_combining_mark(char32_t c);
// The blocks of CJK ideographs that BERT splits into single characters.
bool is_cjk_ideograph(char32_t c);

// Code points that stand for one: a decomposition, or a lower-case form.
inline constexpr std::size_t kMaxCodePoints = 18;
struct CodePoints {
  std::array<char32_t, kMaxCodePoints> values{};
  std::size_t size = 0;
  const char32_t* begin() const { return values.data(); }
  const char32_t* end() const { return values.data() + size; }
};
CodePoints decompose(char32_t c);
CodePoints decompose_compatibly(char32_t c);
CodePoints lowercase(char32_t c);

// 0 for a starter; marks between two starters are sorted by it (NFD).
int combining_class(char32_t c);

}  // namespace memo
