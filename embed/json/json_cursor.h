// JsonCursor: walks over the values of a JSON text that have no parts: strings, numbers and words.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace memo {

// A fault in a text, and its position.
struct JsonFault {
  std::size_t column = 1;  // in bytes, from 1
  std::string reason;
};

// Every function that returns bool moves behind what it names. When it returns false, fault() tells what stands
// there instead.
// Source: RFC 8259. Strings must be UTF-8, and an escaped surrogate must have its other half.
class JsonCursor {
 public:
  // Lifetime: the text outlives this.
  explicit JsonCursor(std::string_view text) : text_(text) {}

  std::size_t position() const { return position_; }
  bool at_end() const { return position_ == text_.size(); }
  // The byte here; 0 at the end.
  char here() const { return at_end() ? '\0' : text_[position_]; }
  std::string_view since(std::size_t start) const { return text_.substr(start, position_ - start); }
  const std::optional<JsonFault>& fault() const { return fault_; }

  void skip_spaces();
  // Moves over the byte if it stands here.
  bool take(char byte);
  bool string();
  bool number();
  bool word();

  // Always false, for callers to return.
  bool fail_at(std::size_t position, std::string reason);
  // "X where EXPECTED should be", or that the line ends here.
  bool fail_expecting(std::string_view expected);

 private:
  bool escape();
  bool unicode_escape(std::size_t start);
  // Four hexadecimal digits.
  std::optional<unsigned> code_unit();
  bool character();
  bool digits();

  std::string_view text_;
  std::size_t position_ = 0;
  std::optional<JsonFault> fault_;
};

}  // namespace memo
