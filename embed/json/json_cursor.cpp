#include "embed/json/json_cursor.h"

#include <fmt/format.h>

#include <charconv>

#include "embed/json/utf8.h"

namespace memo {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string name_of_byte(char c) {
  const bool printable = c > ' ' && c < 0x7F;
  return printable ? fmt::format("'{}'", c) : fmt::format("byte 0x{:02X}", static_cast<unsigned char>(c));
}

bool is_high_surrogate(unsigned unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool is_low_surrogate(unsigned unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

}  // namespace

bool JsonCursor::fail_at(std::size_t position, std::string reason) {
  if (!fault_) fault_ = JsonFault{position + 1, std::move(reason)};
  return false;
}

bool JsonCursor::fail_expecting(std::string_view expected) {
  if (at_end()) return fail_at(position_, fmt::format("the line ends where {} should be", expected));
  return fail_at(position_, fmt::format("{} where {} should be", name_of_byte(here()), expected));
}

void JsonCursor::skip_spaces() {
  const std::size_t next = text_.find_first_not_of(" \t\r\n", position_);
  position_ = next == std::string_view::npos ? text_.size() : next;
}

bool JsonCursor::take(char byte) {
  if (at_end() || here() != byte) return false;
  ++position_;
  return true;
}

bool JsonCursor::string() {
  const std::size_t start = position_;
  if (!take('"')) return fail_expecting("a string");
  while (!at_end()) {
    if (take('"')) return true;
    if (take('\\') ? !escape() : !character()) return false;
  }
  return fail_at(start, "a string that begins here has no end in this line");
}

bool JsonCursor::character() {
  const std::size_t start = position_;
  if (static_cast<unsigned char>(here()) < 0x20)
    return fail_at(start, fmt::format("{} stands in a string; it must be escaped", name_of_byte(here())));
  const bool is_sound = next_code_point(text_, position_) != kReplacementCharacter || since(start) == "\uFFFD";
  if (is_sound) return true;
  return fail_at(start, fmt::format("{} is not UTF-8; convert the file, e.g. with iconv -f LATIN1 -t UTF-8",
                                    name_of_byte(text_[start])));
}

bool JsonCursor::escape() {
  const std::size_t start = position_ - 1;
  if (at_end()) return true;  // the string has no end, which string() says
  if (take('u')) return unicode_escape(start);
  if (std::string_view("\"\\/bfnrt").find(here()) == std::string_view::npos)
    return fail_at(start, fmt::format("a backslash before {} is no escape of JSON", name_of_byte(here())));
  ++position_;
  return true;
}

std::optional<unsigned> JsonCursor::code_unit() {
  const std::string_view digits = text_.substr(position_, 4);
  unsigned unit = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (read.ec != std::errc() || read.ptr != digits.data() + 4) return std::nullopt;
  position_ += 4;
  return unit;
}

bool JsonCursor::unicode_escape(std::size_t start) {
  const std::optional<unsigned> unit = code_unit();
  if (!unit) return fail_at(start, "\\u has to be followed by four hexadecimal digits");
  if (!is_high_surrogate(*unit) && !is_low_surrogate(*unit)) return true;
  if (is_high_surrogate(*unit) && text_.substr(position_, 2) == "\\u") {
    position_ += 2;
    const std::optional<unsigned> other = code_unit();
    if (other && is_low_surrogate(*other)) return true;
  }
  return fail_at(start, fmt::format("\\u{:04x} is one half of a surrogate pair without the other half, "
                                    "which is no character",
                                    *unit));
}

bool JsonCursor::digits() {
  if (!is_digit(here())) return fail_expecting("a digit");
  while (is_digit(here())) ++position_;
  return true;
}

bool JsonCursor::number() {
  const std::size_t start = position_;
  if (take('-') && is_letter(here())) {
    while (is_letter(here())) ++position_;
    return fail_at(start, fmt::format("{} is no JSON value", since(start)));
  }
  if (take('0')) {
    if (is_digit(here())) return fail_at(start, "a number begins with 0");
  } else if (!digits()) {
    return false;
  }
  if (take('.') && !digits()) return false;
  if (!take('e') && !take('E')) return true;
  if (!take('-')) take('+');
  return digits();
}

bool JsonCursor::word() {
  const std::size_t start = position_;
  while (is_letter(here())) ++position_;
  const std::string_view word = since(start);
  if (word == "true" || word == "false" || word == "null") return true;
  if (word.empty()) return fail_expecting("a value");
  return fail_at(start, fmt::format("{} is no JSON value", word.substr(0, 20)));
}

}  // namespace memo
