// Reads the fields of a config.json of any family.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "memo/status.h"
#include "model/checkpoint/model_config.h"

namespace memo {

bool is_list_of_strings(const nlohmann::json& json);

// Reads field after field and remembers the first failure, so that a config is read as one list of fields and
// checked once at the end. After a failure every read returns a value that is safe to compute with.
// Lifetime: json outlives this.
class ConfigReader {
 public:
  // The bounds of a number, and its value where the config does not say it (or says null).
  struct Range {
    std::int64_t least = 0;
    std::int64_t most = 0;
    std::int64_t fallback = 0;
  };

  // Errors: corrupt where json is not an object; `path` names it in messages.
  ConfigReader(const nlohmann::json& json, std::string path);

  // A size that must be there: 1 to most.
  std::int64_t size(const char* field, std::int64_t most);
  std::int64_t number(const char* field, const Range& range);
  bool flag(const char* field, bool fallback);  // null is false, as in the programs that write these files
  std::string text(const char* field, std::string_view fallback);
  // The words of a list, or in lower case those of one string with '|' between them. Empty where the field is
  // missing or null.
  std::vector<std::string> words(const char* field);
  double epsilon(const char* field, double fallback);
  Activation activation(const char* field, std::string_view fallback);
  // A field that is supported with one value only, if the config has it. null stands for false, 0 and nothing.
  void require(const char* field, const nlohmann::json& only);
  // For a field where null does not mean the fallback.
  void refuse_null(const char* field);
  bool has(const char* field) const;  // and it is not null
  const nlohmann::json& json() const { return json_; }

  void fail(StatusCode code, std::string_view field, const std::string& what);
  const Status& status() const { return status_; }

 private:
  // The field's value; nothing where it is missing or null, and after a failure.
  const nlohmann::json* find(const char* field) const;

  const nlohmann::json& json_;
  std::string path_;
  Status status_;
};

}  // namespace memo
