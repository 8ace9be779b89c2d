#include "model/tokenizer/declared/declared_token.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/tokenizer/json/json_fields.h"

namespace memo {
namespace {

using Json = nlohmann::json;

// Bounds the time per character of a text.
constexpr std::size_t kMaxTokenBytes = 1024;

// A flag that is there has to be true or false: null does not count as absent.
Status read_declared_flag(const Json& json, const std::string& field, const char* flag,
                          std::optional<bool>& value) {
  const auto found = json.find(flag);
  if (found == json.end()) return Status::ok();
  if (!found->is_boolean())
    return wrong(StatusCode::corrupt, fmt::format("{}.{}", field, flag),
                 fmt::format("is {}, not a boolean", shown(*found)));
  value = found->get<bool>();
  return Status::ok();
}

}  // namespace

bool alike(const DeclaredToken& a, const DeclaredToken& b) {
  return a.content == b.content && a.single_word == b.single_word && a.strip_left == b.strip_left &&
         a.strip_right == b.strip_right && a.is_normalized() == b.is_normalized() && a.special == b.special;
}

Result<DeclaredToken> read_declared_token(const Json& json, const std::string& field) {
  if (!json.is_object())
    return wrong(StatusCode::corrupt, field, fmt::format("is {}, not an added token", shown(json)));
  DeclaredToken token;
  MEMO_RETURN_IF_ERROR(require_string(json, field, "content", token.content));
  if (token.content.size() > kMaxTokenBytes)
    return wrong(StatusCode::unsupported, field + ".content",
                 fmt::format("has {} bytes, at most {} are supported", token.content.size(), kMaxTokenBytes));
  const std::pair<const char*, bool*> flags[] = {{"single_word", &token.single_word},
                                                 {"lstrip", &token.strip_left},
                                                 {"rstrip", &token.strip_right},
                                                 {"special", &token.special}};
  for (const auto& [name, flag] : flags) {
    std::optional<bool> value;
    MEMO_RETURN_IF_ERROR(read_declared_flag(json, field, name, value));
    *flag = value.value_or(false);
  }
  MEMO_RETURN_IF_ERROR(read_declared_flag(json, field, "normalized", token.normalized));
  return token;
}

Result<NumberedTokens> read_added_tokens(const Json& json) {
  NumberedTokens tokens;
  if (json.is_null()) return tokens;
  if (!json.is_array()) return wrong(StatusCode::corrupt, "added_tokens", "is not an array");
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string field = fmt::format("added_tokens[{}]", i);
    const auto id = as_id(at_path(json[i], "id"));
    if (!id)
      return wrong(StatusCode::corrupt, field + ".id",
                   fmt::format("is {}, must be 0 to {}", shown(at_path(json[i], "id")), kMaxTokenId));
    MEMO_ASSIGN_OR_RETURN(auto token, read_declared_token(json[i], field));
    if (token.content.empty()) return wrong(StatusCode::corrupt, field + ".content", "is empty");
    tokens.emplace_back(*id, std::move(token));
  }
  return tokens;
}

}  // namespace memo
