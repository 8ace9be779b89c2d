#include "model/tokenizer/unicode/unicode_classes.h"

#include <utf8proc.h>

#include "embed/json/utf8.h"
#include "model/tokenizer/unicode/unicode_ranges.h"

namespace memo {
namespace {

constexpr CodePointRange kNewLetters[] = {
    {0x1C89, 0x1C8A},   {0xA7CB, 0xA7CD},   {0xA7DA, 0xA7DC},   {0x105C0, 0x105F3}, {0x10D4A, 0x10D65},
    {0x10D6F, 0x10D85}, {0x10EC2, 0x10EC4}, {0x11380, 0x11389}, {0x1138B, 0x1138B}, {0x1138E, 0x1138E},
    {0x11390, 0x113B5}, {0x113B7, 0x113B7}, {0x113D1, 0x113D1}, {0x113D3, 0x113D3}, {0x11BC0, 0x11BE0},
    {0x13460, 0x143FA}, {0x16100, 0x1611D}, {0x16D40, 0x16D6C}, {0x18CFF, 0x18CFF}, {0x1E5D0, 0x1E5ED},
    {0x1E5F0, 0x1E5F0}, {0x2EBF0, 0x2EE5D},
};

constexpr CodePointRange kNewDigits[] = {{0x10D40, 0x10D49}, {0x116D0, 0x116E3}, {0x11BF0, 0x11BF9},
                                         {0x16130, 0x16139}, {0x16D70, 0x16D79}, {0x1CCF0, 0x1CCF9},
                                         {0x1E5F1, 0x1E5FA}};

constexpr CodePointRange kNewMarks[] = {
    {0x897, 0x897},     {0x10D69, 0x10D6D}, {0x10EFC, 0x10EFC}, {0x113B8, 0x113C0}, {0x113C2, 0x113C2},
    {0x113C5, 0x113C5}, {0x113C7, 0x113CA}, {0x113CC, 0x113D0}, {0x113D2, 0x113D2}, {0x113E1, 0x113E2},
    {0x11F5A, 0x11F5A}, {0x1611E, 0x1612F}, {0x1E5EE, 0x1E5EF},
};

// Marks of Unicode 17, which the package knows only where it looks for graphemes.
constexpr CodePointRange kNewestMarks[] = {{0x1ACF, 0x1ADD},   {0x1AE0, 0x1AEB},   {0x10EFA, 0x10EFB},
                                           {0x11B60, 0x11B67}, {0x1E6E3, 0x1E6E3}, {0x1E6E6, 0x1E6E6},
                                           {0x1E6EE, 0x1E6EF}, {0x1E6F5, 0x1E6F5}};

// Symbols that count as alphabetic.
constexpr CodePointRange kAlphabeticSymbols[] = {
    {0x24B6, 0x24E9}, {0x1F130, 0x1F149}, {0x1F150, 0x1F169}, {0x1F170, 0x1F189}};

constexpr char32_t kTuluRepha = 0x113D1;           // joins what follows, unlike in utf8proc
constexpr char32_t kZanabazarClusterRa = 0x11A3A;  // no longer does, unlike in utf8proc

// A code point that utf8proc knows and that behaves alike.
utf8proc_int32_t known(char32_t c) {
  if (c < 0x300) return static_cast<utf8proc_int32_t>(c);
  if (c == kTuluRepha) return 0x600;
  if (c == kZanabazarClusterRa) return 'a';
  if (contains(kNewMarks, c) || contains(kNewestMarks, c)) return 0x300;
  return static_cast<utf8proc_int32_t>(c);
}

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_ascii_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool is_letter(char32_t c) {
  if (c < 0x80) return is_ascii_letter(c);
  const utf8proc_category_t found = category(c);
  if (found >= UTF8PROC_CATEGORY_LU && found <= UTF8PROC_CATEGORY_LO) return true;
  return found == UTF8PROC_CATEGORY_CN && contains(kNewLetters, c);
}

bool is_number(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  const utf8proc_category_t found = category(c);
  if (found >= UTF8PROC_CATEGORY_ND && found <= UTF8PROC_CATEGORY_NO) return true;
  return found == UTF8PROC_CATEGORY_CN && contains(kNewDigits, c);
}

bool is_decimal_digit(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_ND || contains(kNewDigits, c);
}

bool is_word_character(char32_t c) {
  if (is_letter(c) || c == 0x200C || c == 0x200D) return true;
  const utf8proc_category_t found = category(c);
  if (found >= UTF8PROC_CATEGORY_MN && found <= UTF8PROC_CATEGORY_NL) return true;
  if (found == UTF8PROC_CATEGORY_PC) return true;
  return contains(kNewDigits, c) || contains(kNewMarks, c) || contains(kAlphabeticSymbols, c);
}

std::size_t end_of_grapheme(std::string_view text, std::size_t position) {
  utf8proc_int32_t state = 0;
  utf8proc_int32_t last = known(next_code_point(text, position));
  while (position < text.size()) {
    std::size_t after = position;
    const utf8proc_int32_t next = known(next_code_point(text, after));
    if (utf8proc_grapheme_break_stateful(last, next, &state)) break;
    last = next;
    position = after;
  }
  return position;
}

}  // namespace memo
