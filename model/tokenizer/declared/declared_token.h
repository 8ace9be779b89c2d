// DeclaredToken: an added token with the flags that a file gives it, before it has an id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "embed/json/json_text.h"
#include "memo/status.h"

namespace memo {

struct DeclaredToken {
  std::string content;  // UTF-8
  bool single_word = false;
  bool strip_left = false;
  bool strip_right = false;
  std::optional<bool> normalized;  // by default, special tokens are not
  bool special = false;

  bool is_normalized() const { return normalized.value_or(!special); }
};

// The same content and the same flags.
bool alike(const DeclaredToken& a, const DeclaredToken& b);

// {"content": "[MASK]", "lstrip": true, ...}; `field` is its own path, for messages.
// Errors: corrupt (a flag is not a boolean, or there is no content), unsupported (a very long content).
Result<DeclaredToken> read_declared_token(const nlohmann::json& json, const std::string& field);

// "added_tokens" of a tokenizer.json, null where there are none: tokens with the ids that the file gives them.
// Errors: as read_declared_token; corrupt (an id out of range, an empty content).
using NumberedTokens = std::vector<std::pair<std::int32_t, DeclaredToken>>;
Result<NumberedTokens> read_added_tokens(const nlohmann::json& json);

}  // namespace memo
