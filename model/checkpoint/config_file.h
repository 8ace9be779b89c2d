// The JSON files of a checkpoint's folder that describe its architecture.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "memo/status.h"
#include "model/checkpoint/model_config.h"

namespace memo {

std::string config_path(const std::string& folder);
// Errors: as read_json_file.
Result<nlohmann::json> read_config_file(const std::string& folder);

}  // namespace memo
