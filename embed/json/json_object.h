// The fields of a JSON object as they are written: numbers keep every digit, nested objects the order of their
// keys.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "embed/json/json_cursor.h"

namespace memo {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct JsonField {
  std::string key;
  // The value's bytes in the text.
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The fields of the object in the text; or why the text is no object. Every value is checked, so a field's bytes
// are JSON by themselves; numbers may be too large for any type. A repeated key is a fault, except in nested
// objects. A byte order mark before the object is skipped.
std::variant<std::vector<JsonField>, JsonFault> fields_of_object(std::string_view text, std::size_t max_depth);

// The value without the spaces between its parts.
// Requires: json is a value that fields_of_object() found.
std::string without_spaces(std::string_view json);

// A string's text, without quotes and escapes; any other value as without_spaces() returns it.
// Requires: as without_spaces().
std::string text_of_json(std::string_view json);

// For messages: "a string", "a number", "a boolean", "null", "an array" or "an object". Requires: as
// without_spaces().
const char* type_of_json(std::string_view json);

}  // namespace memo
