#include "model/tokenizer/declared/tokenizer_folder.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

#include "model/tokenizer/json/json_fields.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20;

// Nothing where there is no such file.
Result<std::optional<Json>> read_object(const std::string& path) {
  auto json = read_optional_json_file(path, kMaxFileBytes);
  if (!json || !json->has_value() || (*json)->is_object()) return json;
  return Status(StatusCode::corrupt, fmt::format("{}: is {}, not an object", path, shown(**json)));
}

// Refuses fields that make the transformers package read other files, or do something else with them. The package
// ignores all other fields that it does not know.
Status refuse_detours(const Json& config) {
  for (const char* field :
       {"tokenizer_file", "tokenizer_object", "__slow_tokenizer", "gguf_file", "add_special_tokens"})
    if (config.contains(field))
      return wrong(StatusCode::unsupported, field,
                   fmt::format("is {}, remove it: the transformers package refuses it or reads another file",
                               shown(config[field])));
  for (const char* field : {"init_inputs", "fast_tokenizer_files"}) {
    const Json& value = at_path(config, field);
    if (!value.is_null() && !(value.is_array() && value.empty()))
      return wrong(StatusCode::unsupported, field, fmt::format("is {}, must be empty", shown(value)));
  }
  for (const char* field : {"from_slow", "split_special_tokens"}) {
    const Json& value = at_path(config, field);
    if (!value.is_null() && value != false)
      return wrong(StatusCode::unsupported, field, fmt::format("is {}, must be false", shown(value)));
  }
  return Status::ok();
}

// "auto_map": {"AutoTokenizer": [...]}, or just the list.
Status refuse_code(const Json& json) {
  const Json& map = at_path(json, "auto_map");
  const Json& code = map.is_object() ? at_path(map, "AutoTokenizer") : map;
  if (code.is_null()) return Status::ok();
  return wrong(StatusCode::unsupported, "auto_map",
               fmt::format("is {}: a tokenizer of the folder's own code is not run", shown(code)));
}

Result<const TokenizerClass*> class_named(const Json& name) {
  if (!name.is_string())
    return wrong(StatusCode::corrupt, "tokenizer_class", fmt::format("is {}, not a string", shown(name)));
  if (const TokenizerClass* found = find_tokenizer_class(name.get<std::string>())) return found;
  return wrong(StatusCode::unsupported, "tokenizer_class",
               fmt::format("is {}, supported are {}", shown(name), known_tokenizer_classes()));
}

Result<const TokenizerClass*> class_of_config(const Json& config) {
  MEMO_RETURN_IF_ERROR(refuse_code(config));
  const Json& name = at_path(config, "tokenizer_class");
  if (!name.is_null()) return class_named(name);
  const Json& type = at_path(config, "model_type");
  const TokenizerClass* found = type.is_string() ? tokenizer_class_of_model(type.get<std::string>()) : nullptr;
  if (found != nullptr) return found;
  return wrong(
      StatusCode::unsupported, "model_type",
      fmt::format("is {}, of which no tokenizer is known; name its tokenizer_class in tokenizer_config.json",
                  shown(type)));
}

Result<const TokenizerClass*> find_class(const TokenizerFolder& folder) {
  const Json& name = at_path(folder.config, "tokenizer_class");
  if (!name.is_null()) {
    auto named = class_named(name);
    return named ? named : in_file(folder.file("tokenizer_config.json"), named.status());
  }
  MEMO_ASSIGN_OR_RETURN(const auto config, read_object(folder.file("config.json")));
  if (!config.has_value()) return nullptr;
  auto named = class_of_config(*config);
  return named ? named : in_file(folder.file("config.json"), named.status());
}

}  // namespace

Status in_file(const std::string& path, const Status& status) {
  return status ? status : Status(status.code(), fmt::format("{}: {}", path, status.message()));
}

Result<TokenizerFolder> read_tokenizer_folder(const std::string& path) {
  TokenizerFolder folder;
  folder.path = path;
  MEMO_ASSIGN_OR_RETURN(auto config, read_object(folder.file("tokenizer_config.json")));
  if (config.has_value()) folder.config = std::move(*config);
  MEMO_RETURN_IF_ERROR(in_file(folder.file("tokenizer_config.json"), refuse_detours(folder.config)));
  MEMO_RETURN_IF_ERROR(in_file(folder.file("tokenizer_config.json"), refuse_code(folder.config)));
  MEMO_ASSIGN_OR_RETURN(folder.special_tokens_map, read_object(folder.file("special_tokens_map.json")));
  MEMO_ASSIGN_OR_RETURN(folder.added_tokens, read_object(folder.file("added_tokens.json")));
  MEMO_ASSIGN_OR_RETURN(folder.kind, find_class(folder));
  return folder;
}

}  // namespace memo
