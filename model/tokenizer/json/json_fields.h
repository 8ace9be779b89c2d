// Fields of a tokenizer.json, each with an error that names it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "embed/json/json_text.h"
#include "memo/status.h"

namespace memo {

inline constexpr std::int32_t kMaxTokenId = 10'000'000;

// "<field> <what>".
Status wrong(StatusCode code, std::string_view field, const std::string& what);

// A value as messages show it: the beginning of its JSON.
std::string shown(const nlohmann::json& value);

// The value of a path such as "model.vocab"; null where anything on the way is missing.
const nlohmann::json& at_path(const nlohmann::json& json, std::string_view path);

// An id, 0 to kMaxTokenId.
std::optional<std::int32_t> as_id(const nlohmann::json& json);

// In these four `name` is the object's own path, for messages.
// Flags and strings keep their value where the field is missing or null. Errors: corrupt (of another type).
Status read_flag(const nlohmann::json& object, const std::string& name, const char* field, bool& value);
Status read_string(const nlohmann::json& object, const std::string& name, const char* field, std::string& value);
// Errors: corrupt (missing, null, of another type).
Status require_string(const nlohmann::json& object, const std::string& name, const char* field,
                      std::string& value);
// `supported` lists the supported values, for the message.
Status unsupported_type(const nlohmann::json& object, const std::string& name, std::string_view supported);

}  // namespace memo
