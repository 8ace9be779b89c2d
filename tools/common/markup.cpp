#include "tools/common/markup.h"

#include "embed/json/utf8.h"

namespace memo {
namespace {

bool is_control_picture(char32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7F;
}

// C1 controls and noncharacters: no markup may hold them.
bool is_forbidden(char32_t c) {
  return (c >= 0x80 && c < 0xA0) || (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

void append_escaped(char32_t c, std::string& safe) {
  if (c == '<')
    safe += "&lt;";
  else if (c == '>')
    safe += "&gt;";
  else if (c == '&')
    safe += "&amp;";
  else if (c == '"')
    safe += "&quot;";
  else if (c == '\'')
    safe += "&#39;";
  else if (c == '\r')
    safe += ' ';
  else if (is_control_picture(c))
    append_utf8(c == 0x7F ? U'\u2421' : 0x2400 + c, safe);
  else
    append_utf8(is_forbidden(c) ? kReplacementCharacter : c, safe);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t position = 0; position < text.size();) append_escaped(next_code_point(text, position), safe);
  return safe;
}

}  // namespace memo
