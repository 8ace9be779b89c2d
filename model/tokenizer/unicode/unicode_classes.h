// Character classes as the regular expressions of the `tokenizers` package see them: Unicode 16's, which utf8proc
// does not know yet. Tables add what is new; they were found by comparing every code point with tokenizers 0.23.3.
#pragma once

#include <cstddef>
#include <string_view>

namespace memo {

// \p{L} and \p{N}.
bool is_letter(char32_t c);
bool is_number(char32_t c);
// \d: \p{Nd}.
bool is_decimal_digit(char32_t c);
// \w: alphabetic characters, marks, decimal digits, connecting punctuation, joiners.
bool is_word_character(char32_t c);

// The end of the extended grapheme cluster that begins at `position`.
// Requires: text is UTF-8, position < text.size().
// Source: Unicode Standard Annex 29, "Grapheme Cluster Boundaries".
std::size_t end_of_grapheme(std::string_view text, std::size_t position);

}  // namespace memo
