// UTF-8 from hostile input: every byte string decodes to something.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace memo {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// The code point at `position`, which moves behind it. Each maximal part of an ill-formed sequence becomes one
// U+FFFD, as in Rust's from_utf8_lossy and Python's errors="replace".
// Requires: position < text.size().
// Source: The Unicode Standard, chapter 3, "U+FFFD substitution of maximal subparts".
char32_t next_code_point(std::string_view text, std::size_t& position);

// Whether a byte continues a code point that began before it.
inline bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

bool is_utf8(std::string_view text);

// The text with U+FFFD where it is not UTF-8.
std::string to_utf8(std::string_view text);

// Requires: c is a Unicode scalar value.
void append_utf8(char32_t c, std::string& out);

}  // namespace memo
