#include "model/tokenizer/json/json_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownCharacters = 80;

}  // namespace

Status wrong(StatusCode code, std::string_view field, const std::string& what) {
  return {code, fmt::format("{} {}", field, what)};
}

std::string shown(const Json& value) {
  if (value.is_structured()) return fmt::format("an {} of {}", value.type_name(), value.size());
  std::string text = value.dump(-1, ' ', true);
  if (text.size() > kShownCharacters) text = text.substr(0, kShownCharacters) + "...";
  return text;
}

const Json& at_path(const Json& json, std::string_view path) {
  static const Json kNull;
  const Json* value = &json;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const auto found = value->is_object() ? value->find(path.substr(0, dot)) : value->end();
    if (found == value->end()) return kNull;
    value = &*found;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return *value;
}

std::optional<std::int32_t> as_id(const Json& json) {
  // The parser makes numbers that are not negative unsigned; numbers from this program may be signed.
  const bool natural = json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
  if (!natural || json.get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxTokenId)) return {};
  return json.get<std::int32_t>();
}

Status read_flag(const Json& object, const std::string& name, const char* field, bool& value) {
  const Json& found = at_path(object, field);
  if (found.is_null()) return Status::ok();
  if (!found.is_boolean())
    return wrong(StatusCode::corrupt, fmt::format("{}.{}", name, field),
                 fmt::format("is {}, not a boolean", shown(found)));
  value = found.get<bool>();
  return Status::ok();
}

Status read_string(const Json& object, const std::string& name, const char* field, std::string& value) {
  return at_path(object, field).is_null() ? Status::ok() : require_string(object, name, field, value);
}

Status require_string(const Json& object, const std::string& name, const char* field, std::string& value) {
  const Json& found = at_path(object, field);
  if (!found.is_string())
    return wrong(StatusCode::corrupt, fmt::format("{}.{}", name, field),
                 fmt::format("is {}, not a string", shown(found)));
  value = found.get<std::string>();
  return Status::ok();
}

Status unsupported_type(const Json& object, const std::string& name, std::string_view supported) {
  return wrong(StatusCode::unsupported, name + ".type",
               fmt::format("is {}, supported are {}", shown(at_path(object, "type")), supported));
}

}  // namespace memo
