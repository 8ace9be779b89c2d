#include "model/checkpoint/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "embed/json_text.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;
constexpr std::string_view kModePrefix = "pooling_mode_";

constexpr std::pair<std::string_view, Pooling> kModes[] = {{"pooling_mode_mean_tokens", Pooling::mean},
                                                           {"pooling_mode_cls_token", Pooling::cls},
                                                           {"pooling_mode_lasttoken", Pooling::last}};

std::vector<std::string> modes_set(const Json& json) {
  std::vector<std::string> modes;
  for (const auto& [field, value] : json.items())
    if (field.starts_with(kModePrefix) && value == true) modes.push_back(field);
  return modes;
}

}  // namespace

std::string config_path(const std::string& folder) {
  return folder + "/config.json";
}

Result<Json> read_config_file(const std::string& folder) {
  return read_json_file(config_path(folder), kMaxConfigBytes);
}

Result<Pooling> read_pooling_file(const std::string& folder, Pooling fallback) {
  const std::string path = folder + "/1_Pooling/config.json";
  auto json = read_json_file(path, kMaxConfigBytes);
  if (!json && json.status().code() == StatusCode::not_found) return fallback;
  if (!json) return json.status();
  if (!json->is_object()) return Status(StatusCode::corrupt, fmt::format("{}: is not a JSON object", path));
  const std::vector<std::string> modes = modes_set(*json);
  const auto* known = std::find_if(std::begin(kModes), std::end(kModes), [&](const auto& mode) {
    return modes.size() == 1 && modes.front() == mode.first;
  });
  if (known != std::end(kModes)) return known->second;
  return Status(StatusCode::unsupported,
                fmt::format("{}: pooling_mode must be exactly one of pooling_mode_mean_tokens, "
                            "pooling_mode_cls_token and pooling_mode_lasttoken",
                            path));
}

}  // namespace memo
