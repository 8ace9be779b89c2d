#include "model/tokenizer/json_added_tokens.h"

#include <fmt/format.h>

#include <utility>

#include "model/tokenizer/json_fields.h"

namespace memo {
namespace {

using Json = nlohmann::json;

// Bounds the time a character takes.
constexpr std::size_t kMaxTokenBytes = 1024;

Status check_known(const AddedToken& token, const std::string& field, const Vocabulary& vocabulary) {
  const auto known = vocabulary.find(token.content);
  if (known == vocabulary.end() || known->second == token.id) return Status::ok();
  return wrong(StatusCode::corrupt, field,
               fmt::format("{} has id {}, in the vocabulary {}", shown(token.content), token.id, known->second));
}

Result<AddedToken> read_added_token(const Json& json, const std::string& field) {
  AddedToken token;
  const auto id = as_id(at_path(json, "id"));
  if (!id)
    return wrong(StatusCode::corrupt, field + ".id",
                 fmt::format("is {}, must be 0 to {}", shown(at_path(json, "id")), kMaxTokenId));
  token.id = *id;
  MEMO_RETURN_IF_ERROR(require_string(json, field, "content", token.content));
  MEMO_RETURN_IF_ERROR(read_flag(json, field, "single_word", token.single_word));
  MEMO_RETURN_IF_ERROR(read_flag(json, field, "lstrip", token.strip_left));
  MEMO_RETURN_IF_ERROR(read_flag(json, field, "rstrip", token.strip_right));
  if (token.content.empty()) return wrong(StatusCode::corrupt, field + ".content", "is empty");
  if (token.content.size() > kMaxTokenBytes)
    return wrong(StatusCode::unsupported, field + ".content",
                 fmt::format("has {} bytes, at most {} are supported", token.content.size(), kMaxTokenBytes));
  return token;
}

}  // namespace

Result<AddedTokenLists> read_added_tokens(const Json& json, const Vocabulary& vocabulary,
                                          const std::function<std::string(std::string_view)>& normalize_text) {
  AddedTokenLists lists;
  if (json.is_null()) return lists;
  if (!json.is_array()) return wrong(StatusCode::corrupt, "added_tokens", "is not an array");
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string field = fmt::format("added_tokens[{}]", i);
    auto token = read_added_token(json[i], field);
    if (!token) return token.status();
    MEMO_RETURN_IF_ERROR(check_known(*token, field, vocabulary));
    bool normalized = false;
    MEMO_RETURN_IF_ERROR(read_flag(json[i], field, "normalized", normalized));
    if (normalized) token->content = normalize_text(token->content);
    if (token->content.empty()) return wrong(StatusCode::unsupported, field, "is empty after normalization");
    (normalized ? lists.normalized : lists.raw).push_back(std::move(token).value());
  }
  return lists;
}

}  // namespace memo
