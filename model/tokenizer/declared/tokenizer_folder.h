// TokenizerFolder: the small files that stand beside tokenizer.json, and the class that they name.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/declared/tokenizer_class.h"

namespace memo {

struct TokenizerFolder {
  std::string path;
  nlohmann::json config = nlohmann::json::object();  // tokenizer_config.json; empty where there is none
  std::optional<nlohmann::json> special_tokens_map;  // special_tokens_map.json
  std::optional<nlohmann::json> added_tokens;        // added_tokens.json
  const TokenizerClass* kind = nullptr;              // nullptr: nothing names one

  std::string file(const char* name) const { return path + "/" + name; }
};

// The status with the file that it is about.
Status in_file(const std::string& path, const Status& status);

// The class is that of tokenizer_config.json, else that of config.json, else that of config.json's model_type.
// Errors: corrupt, unsupported (a class or model_type that is not known, code of the folder's own, a field that
// sends the transformers package elsewhere), naming the file, the field and its value.
Result<TokenizerFolder> read_tokenizer_folder(const std::string& path);

}  // namespace memo
