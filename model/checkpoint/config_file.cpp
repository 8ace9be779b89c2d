#include "model/checkpoint/config_file.h"

#include <nlohmann/json.hpp>

#include "embed/json/json_text.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

}  // namespace

std::string config_path(const std::string& folder) {
  return folder + "/config.json";
}

Result<Json> read_config_file(const std::string& folder) {
  return read_json_file(config_path(folder), kMaxConfigBytes);
}

}  // namespace memo
