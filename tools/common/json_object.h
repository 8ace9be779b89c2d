// The fields of a JSON object as they are written: numbers keep every digit, nested objects the order of their keys.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/common/json_cursor.h"

namespace memo {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct JsonField {
  std::string key;
  // The value's bytes in the text.
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The fields of the object that the text is; or why it is none. Every value is checked, so that a field's bytes are
// JSON by themselves; numbers may be too large for any type. A key that comes twice is a fault, in nested objects not.
// A byte order mark before the object is skipped.
std::variant<std::vector<JsonField>, JsonFault> fields_of_object(std::string_view text, std::size_t max_depth);

// The value without the spaces between its parts.
// Requires: json is a value that fields_of_object() found.
std::string without_spaces(std::string_view json);

// What a string says, without quotes and escapes; any other value as without_spaces().
// Requires: as without_spaces().
std::string text_of_json(std::string_view json);

// For messages: "a string", "a number", "a boolean", "null", "an array" or "an object". Requires: as without_spaces().
const char* type_of_json(std::string_view json);

}  // namespace memo
