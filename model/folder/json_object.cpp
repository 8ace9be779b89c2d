#include "model/folder/json_object.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "embed/json/json_text.h"

namespace memo {
namespace {

constexpr std::size_t kMaxObjectBytes = std::size_t{1} << 20;

}  // namespace

Result<std::optional<nlohmann::json>> read_optional_object(const std::string& path) {
  auto json = read_optional_json_file(path, kMaxObjectBytes);
  if (!json || !json->has_value() || (*json)->is_object()) return json;
  return Status(StatusCode::corrupt, fmt::format("{}: is not a JSON object", path));
}

void allow_only(ConfigReader& json, std::initializer_list<std::string_view> known) {
  for (const auto& [field, value] : json.json().items())
    if (std::ranges::find(known, field) == known.end())
      json.fail(StatusCode::unsupported, field,
                fmt::format("is not known here; known fields are {}", fmt::join(known, ", ")));
}

void require_empty(ConfigReader& json, const char* field) {
  if (!json.has(field) || json.json()[field].empty()) return;
  json.fail(StatusCode::unsupported, field, fmt::format("is {}, must be empty", json.json()[field].dump()));
}

}  // namespace memo
