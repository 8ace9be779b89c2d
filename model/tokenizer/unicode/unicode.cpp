#include "model/tokenizer/unicode/unicode.h"

#include <utf8proc.h>

#include <algorithm>

#include "model/tokenizer/unicode/unicode_ranges.h"

namespace memo {
namespace {

// Marks, punctuation and format characters newer than Unicode 8. Ranges include neighbours that are none of these.
constexpr CodePointRange kUnassignedInUnicode8[] = {
    {0x61D, 0x61D},     {0x7FD, 0x7FD},     {0x890, 0x8E2},     {0x9FD, 0x9FE},     {0xA76, 0xA76},
    {0xAFA, 0xAFF},     {0xB55, 0xB55},     {0xC04, 0xC3C},     {0xC77, 0xC77},     {0xC84, 0xC84},
    {0xD00, 0xD00},     {0xD3B, 0xD3C},     {0xD81, 0xD81},     {0xEBA, 0xEBA},     {0xECE, 0xECE},
    {0x180F, 0x1886},   {0x1ABF, 0x1ACE},   {0x1B7D, 0x1B7E},   {0x1DF6, 0x1DFB},   {0x2E43, 0x2E5D},
    {0xA82C, 0xA82C},   {0xA8C5, 0xA8C5},   {0xA8FF, 0xA8FF},   {0xA9BD, 0xA9BD},   {0x10D24, 0x10F89},
    {0x11070, 0x11074}, {0x110C2, 0x110CD}, {0x111CF, 0x111CF}, {0x1123E, 0x11241}, {0x1133B, 0x1133B},
    {0x11438, 0x1145E}, {0x11660, 0x1166C}, {0x116B9, 0x116B9}, {0x1182F, 0x11FFF}, {0x12FF1, 0x13455},
    {0x16E97, 0x16F4F}, {0x16FE2, 0x16FE4}, {0x1CF00, 0x1CF46}, {0x1E000, 0x1E4EF}, {0x1E944, 0x1E95F},
};

// Marks newer than Unicode 9, whose canonical ordering the package uses. Ranges include neighbours that are no marks.
constexpr CodePointRange kMarksAfterUnicode9[] = {
    {0x7FD, 0x7FD},     {0x898, 0x8D3},     {0x9FE, 0x9FE},     {0xAFA, 0xAFF},     {0xB55, 0xB55},
    {0xC04, 0xC3C},     {0xCF3, 0xD00},     {0xD3B, 0xD3C},     {0xD81, 0xD81},     {0xEBA, 0xEBA},
    {0xECE, 0xECE},     {0x1715, 0x1715},   {0x180F, 0x180F},   {0x1ABF, 0x1ACE},   {0x1CF7, 0x1CF7},
    {0x1DF6, 0x1DFA},   {0xA82C, 0xA82C},   {0xA8FF, 0xA8FF},   {0x10D24, 0x10F85}, {0x11070, 0x11074},
    {0x110C2, 0x110C2}, {0x11145, 0x11146}, {0x111C9, 0x111C9}, {0x111CE, 0x111CF}, {0x11241, 0x11241},
    {0x1133B, 0x1133B}, {0x1145E, 0x1145E}, {0x1182C, 0x11A99}, {0x11D31, 0x13455}, {0x16F4F, 0x16F4F},
    {0x16F7F, 0x16F87}, {0x16FE4, 0x16FF1}, {0x1CF00, 0x1CF46}, {0x1E08F, 0x1E4EF},
};

// In Unicode 9 these two were marks.
constexpr CodePointRange kMarksUntilUnicode9[] = {{0x1CF2, 0x1CF3}};

// Compatibility decompositions that came after the package's tables.
constexpr CodePointRange kNewCompatibility[] = {{0x32FF, 0x32FF},   {0xA7F2, 0xA7F4},   {0xAB69, 0xAB69},
                                                {0x10781, 0x107BA}, {0x1E030, 0x1E06D}, {0x1F16C, 0x1F16C},
                                                {0x1FBF0, 0x1FBF9}};

// In Unicode 8 three characters had another category than today.
constexpr char32_t kCanadianChiSign = 0x166D;     // was Po
constexpr char32_t kSharadaSandhiMark = 0x111C9;  // was Po
constexpr char32_t kHanunooPamudpod = 0x1734;     // was Mn

// The one character whose decomposition came after the package's tables.
constexpr char32_t kDivesAkuruVowelO = 0x11938;

// The one character whose lower case is two characters.
constexpr char32_t kCapitalIWithDot = 0x130;

// Lower case that is new in Unicode 16 and 17, as an offset.
struct CaseRange {
  CodePointRange upper;
  std::int32_t offset;
};
constexpr CaseRange kNewLowercase[] = {
    {{0x1C89, 0x1C89}, 1},    {{0xA7CB, 0xA7CB}, 0x264 - 0xA7CB},
    {{0xA7CC, 0xA7CC}, 1},    {{0xA7CE, 0xA7CE}, 1},
    {{0xA7D2, 0xA7D2}, 1},    {{0xA7D4, 0xA7D4}, 1},
    {{0xA7DA, 0xA7DA}, 1},    {{0xA7DC, 0xA7DC}, 0x19B - 0xA7DC},
    {{0x10D50, 0x10D65}, 32}, {{0x16EA0, 0x16EB8}, 27},
};

constexpr CodePointRange kCjkIdeographs[] = {{0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},
                                             {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F},
                                             {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};

// General category in Unicode 8, where it matters here.
utf8proc_category_t category_in_unicode_8(char32_t c) {
  if (c == kCanadianChiSign || c == kSharadaSandhiMark) return UTF8PROC_CATEGORY_PO;
  if (c == kHanunooPamudpod) return UTF8PROC_CATEGORY_MN;
  if (contains(kUnassignedInUnicode8, c)) return UTF8PROC_CATEGORY_CN;
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

CodePoints one(char32_t c) {
  CodePoints result;
  result.values[0] = c;
  result.size = 1;
  return result;
}

CodePoints decompose_with(utf8proc_option_t options, char32_t c) {
  if (c == kDivesAkuruVowelO) return one(c);
  std::array<utf8proc_int32_t, kMaxCodePoints> buffer{};
  int boundary_class = 0;
  const utf8proc_ssize_t size = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), buffer.data(),
                                                        buffer.size(), options, &boundary_class);
  if (size < 1 || size > static_cast<utf8proc_ssize_t>(buffer.size())) return one(c);  // none is longer than 18
  CodePoints result;
  result.size = static_cast<std::size_t>(size);
  std::copy_n(buffer.begin(), size, result.values.begin());
  return result;
}

}  // namespace

bool is_whitespace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_control(char32_t c) {
  if (c < 0x80) return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
  const utf8proc_category_t found = category_in_unicode_8(c);
  return found == UTF8PROC_CATEGORY_CC || found == UTF8PROC_CATEGORY_CF || found == UTF8PROC_CATEGORY_CO;
}

bool is_punctuation(char32_t c) {
  if (c < 0x80)
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  const utf8proc_category_t found = category_in_unicode_8(c);
  return found >= UTF8PROC_CATEGORY_PC && found <= UTF8PROC_CATEGORY_PO;
}

bool is_nonspacing_mark(char32_t c) {
  return c >= 0x300 && category_in_unicode_8(c) == UTF8PROC_CATEGORY_MN;
}

bool is_cjk_ideograph(char32_t c) {
  return c >= kCjkIdeographs[0].first && contains(kCjkIdeographs, c);
}

bool is_combining_mark(char32_t c) {
  if (c < 0x300) return false;
  const utf8proc_category_t found = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  const bool today = found >= UTF8PROC_CATEGORY_MN && found <= UTF8PROC_CATEGORY_ME;
  return (today && !contains(kMarksAfterUnicode9, c)) || contains(kMarksUntilUnicode9, c);
}

CodePoints decompose(char32_t c) {
  return c < 0xC0 ? one(c) : decompose_with(UTF8PROC_DECOMPOSE, c);
}

CodePoints decompose_compatibly(char32_t c) {
  if (c < 0xA0 || contains(kNewCompatibility, c)) return one(c);
  return decompose_with(static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT), c);
}

CodePoints lowercase(char32_t c) {
  if (c < 0x80) return one(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  if (c == kCapitalIWithDot) return {{'i', 0x307}, 2};
  for (const CaseRange& range : kNewLowercase)
    if (c >= range.upper.first && c <= range.upper.last)
      return one(static_cast<char32_t>(static_cast<std::int32_t>(c) + range.offset));
  return one(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
}

int combining_class(char32_t c) {
  if (c < 0x300 || contains(kMarksAfterUnicode9, c)) return 0;
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

}  // namespace memo
