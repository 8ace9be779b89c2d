// JSON objects of a model's folder, field by field.
#pragma once

#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "memo/status.h"
#include "model/checkpoint/config_reader.h"

namespace memo {

// The object in a file; nothing where there is no such file.
// Errors: as read_optional_json_file; corrupt (not an object).
Result<std::optional<nlohmann::json>> read_optional_object(const std::string& path);

// Fails json by the first field that is not one of `known`: it may change results.
void allow_only(ConfigReader& json, std::initializer_list<std::string_view> known);

// Fails json where `field` is an object, list or string that is not empty: it asks for something that is not
// supported here.
void require_empty(ConfigReader& json, const char* field);

}  // namespace memo
