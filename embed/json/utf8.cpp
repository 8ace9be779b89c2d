#include "embed/json/utf8.h"

namespace memo {
namespace {

// What a lead byte determines: its own bits, and the bounds of the byte after it. The bounds exclude overlong
// forms, surrogates and values above U+10FFFF; further bytes are always 80 to BF.
struct Lead {
  int continuations;
  char32_t bits;
  unsigned char low;
  unsigned char high;
};

Lead classify(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, byte & 0x1Fu, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0xD, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, byte & 0xFu, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, byte & 0x7u, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 4, 0x80, 0x8F};
  return {0, kReplacementCharacter, 0, 0};
}

}  // namespace

char32_t next_code_point(std::string_view text, std::size_t& position) {
  const auto first = static_cast<unsigned char>(text[position++]);
  if (first < 0x80) return first;
  Lead lead = classify(first);
  char32_t value = lead.bits;
  for (int i = 0; i < lead.continuations; ++i) {
    if (position == text.size()) return kReplacementCharacter;
    const auto byte = static_cast<unsigned char>(text[position]);
    if (byte < lead.low || byte > lead.high) return kReplacementCharacter;
    value = (value << 6) | (byte & 0x3Fu);
    lead.low = 0x80;
    lead.high = 0xBF;
    ++position;
  }
  return value;
}

bool is_utf8(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t begin = position;
    const bool replaced = next_code_point(text, position) == kReplacementCharacter;
    if (replaced && text.substr(begin, position - begin) != "\xEF\xBF\xBD") return false;
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string out;
  for (std::size_t position = 0; position < text.size();) append_utf8(next_code_point(text, position), out);
  return out;
}

void append_utf8(char32_t c, std::string& out) {
  const auto tail = [&](int shift) { out.push_back(static_cast<char>(0x80 | ((c >> shift) & 0x3F))); };
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (c >> 6)));
    tail(0);
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (c >> 12)));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | (c >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace memo
