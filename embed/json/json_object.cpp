#include "embed/json/json_object.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

namespace memo {
namespace {

class ObjectScanner {
 public:
  ObjectScanner(std::string_view text, std::size_t max_depth) : cursor_(text), max_depth_(max_depth) {
    if (!text.starts_with(kByteOrderMark)) return;
    for (const char byte : kByteOrderMark) cursor_.take(byte);
  }

  bool scan() {
    cursor_.skip_spaces();
    const std::size_t start = cursor_.position();
    if (!value(1)) return false;
    const std::string_view json = cursor_.since(start);
    if (json.front() != '{')
      return cursor_.fail_at(start, fmt::format("is {}, not an object", type_of_json(json)));
    cursor_.skip_spaces();
    return cursor_.at_end() || cursor_.fail_expecting("the end of the line");
  }

  std::vector<JsonField>& fields() { return fields_; }
  const JsonFault& fault() const { return *cursor_.fault(); }

 private:
  // depth: of the object or array that the value may be.
  bool value(std::size_t depth);
  bool array(std::size_t depth);
  bool object(std::size_t depth);
  bool member(std::size_t depth);

  JsonCursor cursor_;
  std::size_t max_depth_;
  std::vector<JsonField> fields_;
  std::set<std::string> keys_;
};

bool ObjectScanner::value(std::size_t depth) {
  const char first = cursor_.here();
  if (first == '"') return cursor_.string();
  if (first == '-' || (first >= '0' && first <= '9')) return cursor_.number();
  if (first != '{' && first != '[') return cursor_.word();
  if (depth > max_depth_)
    return cursor_.fail_at(cursor_.position(), fmt::format("is nested deeper than {} levels", max_depth_));
  return first == '{' ? object(depth) : array(depth);
}

bool ObjectScanner::array(std::size_t depth) {
  cursor_.take('[');
  cursor_.skip_spaces();
  if (cursor_.take(']')) return true;
  for (;;) {
    cursor_.skip_spaces();
    if (!value(depth + 1)) return false;
    cursor_.skip_spaces();
    if (cursor_.take(']')) return true;
    if (!cursor_.take(',')) return cursor_.fail_expecting("',' or ']'");
  }
}

bool ObjectScanner::object(std::size_t depth) {
  cursor_.take('{');
  cursor_.skip_spaces();
  if (cursor_.take('}')) return true;
  for (;;) {
    cursor_.skip_spaces();
    if (!member(depth)) return false;
    cursor_.skip_spaces();
    if (cursor_.take('}')) return true;
    if (!cursor_.take(',')) return cursor_.fail_expecting("',' or '}'");
  }
}

bool ObjectScanner::member(std::size_t depth) {
  const std::size_t key_start = cursor_.position();
  if (cursor_.here() != '"') return cursor_.fail_expecting("a key in double quotes");
  if (!cursor_.string()) return false;
  const std::string_view key = cursor_.since(key_start);
  cursor_.skip_spaces();
  if (!cursor_.take(':')) return cursor_.fail_expecting("':'");
  cursor_.skip_spaces();
  const std::size_t begin = cursor_.position();
  if (!value(depth + 1)) return false;
  if (depth > 1) return true;
  fields_.push_back({text_of_json(key), begin, cursor_.position()});
  if (keys_.insert(fields_.back().key).second) return true;
  return cursor_.fail_at(key_start, fmt::format("has the key {} twice", key));
}

}  // namespace

std::variant<std::vector<JsonField>, JsonFault> fields_of_object(std::string_view text, std::size_t max_depth) {
  ObjectScanner scanner(text, max_depth);
  if (!scanner.scan()) return scanner.fault();
  return std::move(scanner.fields());
}

std::string without_spaces(std::string_view json) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_string && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) continue;
    out += c;
    if (c == '"') in_string = !in_string;
    if (c == '\\') out += json[++i];
  }
  return out;
}

std::string text_of_json(std::string_view json) {
  if (json.front() != '"') return without_spaces(json);
  if (json.find('\\') == std::string_view::npos) return std::string(json.substr(1, json.size() - 2));
  return nlohmann::json::parse(json).get<std::string>();
}

const char* type_of_json(std::string_view json) {
  switch (json.front()) {
    case '"':
      return "a string";
    case '{':
      return "an object";
    case '[':
      return "an array";
    case 'n':
      return "null";
    case 't':
    case 'f':
      return "a boolean";
    default:
      return "a number";
  }
}

}  // namespace memo
