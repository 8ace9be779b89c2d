#include "model/tokenizer/declared/declaration.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "model/tokenizer/json/json_fields.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using TokensById = std::map<std::int32_t, DeclaredToken>;

// Larger numbers are how the transformers package writes "none".
constexpr double kNoMaxLength = 1e9;

// "0": {"content": "[PAD]", ...}
Status read_entry(const std::string& key, const Json& value, TokensById& tokens) {
  constexpr const char* kField = "added_tokens_decoder";
  std::int32_t id = 0;
  const auto parsed = std::from_chars(key.data(), key.data() + key.size(), id);
  if (parsed.ec != std::errc() || parsed.ptr != key.data() + key.size() || id < 0)
    return wrong(StatusCode::corrupt, kField, fmt::format("has the key {}, not an id", shown(key)));
  MEMO_ASSIGN_OR_RETURN(auto token, read_declared_token(value, fmt::format("{}.{}", kField, key)));
  tokens.insert_or_assign(id, std::move(token));
  return Status::ok();
}

// The tokens of tokenizer_config.json.
Result<TokensById> read_decoder(const TokenizerFolder& folder, TokensByContent& contents) {
  const Json& json = at_path(folder.config, "added_tokens_decoder");
  const std::string path = folder.file("tokenizer_config.json");
  TokensById tokens;
  if (!json.is_object())
    return in_file(path, wrong(StatusCode::corrupt, "added_tokens_decoder",
                               fmt::format("is {}, not an object", shown(json))));
  for (const auto& [key, value] : json.items())
    MEMO_RETURN_IF_ERROR(in_file(path, read_entry(key, value, tokens)));
  for (const auto& [id, token] : tokens) contents.insert_or_assign(token.content, token);
  return tokens;
}

// added_tokens.json: {"[NEW]": 30522}. Their ids only order them.
Result<TokensById> read_added(const TokenizerFolder& folder) {
  TokensById tokens;
  if (!folder.added_tokens) return tokens;
  const std::vector<std::string> names = named_in_files(folder);
  const std::set<std::string> special(names.begin(), names.end());
  for (const auto& [content, value] : folder.added_tokens->items()) {
    const auto id = as_id(value);
    if (!id)
      return in_file(folder.file("added_tokens.json"),
                     wrong(StatusCode::corrupt, shown(content),
                           fmt::format("is {}, must be 0 to {}", shown(value), kMaxTokenId)));
    const bool is_special = special.contains(content);
    tokens.insert_or_assign(*id, DeclaredToken{content, false, false, false, !is_special, is_special});
  }
  return tokens;
}

// The added tokens of tokenizer.json, which count as declared where there is no added_tokens_decoder.
Result<TokensById> read_own(const TokenizerFolder& folder, const Json& tokenizer, TokensByContent& contents) {
  TokensById tokens;
  auto own = read_added_tokens(at_path(tokenizer, "added_tokens"));
  if (!own) return in_file(folder.file("tokenizer.json"), own.status());
  for (auto& [id, token] : *own) {
    contents.insert_or_assign(token.content, token);
    tokens.insert_or_assign(id, std::move(token));
  }
  return tokens;
}

Status read_side(const Json& config, const Json& tokenizer, bool& left) {
  const Json& direction = at_path(tokenizer, "truncation.direction");
  left = direction == "Left";
  for (const char* field : {"truncation_side", "padding_side"}) {
    const auto found = config.find(field);
    if (found == config.end()) continue;
    if (*found != "left" && *found != "right")
      return wrong(StatusCode::corrupt, field, fmt::format("is {}, must be \"left\" or \"right\"", shown(*found)));
    if (std::string_view(field) == "truncation_side") left = *found == "left";
  }
  return Status::ok();
}

Status read_max_length(const Json& config, std::optional<std::size_t>& length) {
  const char* field = config.contains("model_max_length") ? "model_max_length" : "max_len";
  const Json& value = at_path(config, field);
  if (value.is_null()) return Status::ok();
  if (value.is_number() && value.get<double>() > kNoMaxLength) return Status::ok();
  if (!value.is_number_unsigned() || value == 0)
    return wrong(StatusCode::corrupt, field, fmt::format("is {}, not a positive integer", shown(value)));
  length = value.get<std::size_t>();
  return Status::ok();
}

Status read_input_names(const Json& config, bool& has_types) {
  const auto found = config.find("model_input_names");
  if (found == config.end()) return Status::ok();
  const bool strings = found->is_array() && std::all_of(found->begin(), found->end(),
                                                        [](const Json& name) { return name.is_string(); });
  if (!strings)
    return wrong(StatusCode::corrupt, "model_input_names",
                 fmt::format("is {}, not an array of names", shown(*found)));
  has_types = std::find(found->begin(), found->end(), "token_type_ids") != found->end();
  return Status::ok();
}

Status read_config(const Json& config, const Json& tokenizer, Declaration& declaration) {
  MEMO_RETURN_IF_ERROR(read_side(config, tokenizer, declaration.truncate_left));
  MEMO_RETURN_IF_ERROR(read_max_length(config, declaration.max_length));
  return read_input_names(config, declaration.has_types);
}

// The settings of tokenizer.json, which count where tokenizer_config.json has none.
Status read_padding(const Json& tokenizer, std::string& pad) {
  const Json& direction = at_path(tokenizer, "truncation.direction");
  if (!direction.is_null() && direction != "Left" && direction != "Right")
    return wrong(StatusCode::corrupt, "truncation.direction",
                 fmt::format("is {}, must be \"Left\" or \"Right\"", shown(direction)));
  return read_string(at_path(tokenizer, "padding"), "padding", "pad_token", pad);
}

// Equal for tokens that are alike().
std::string key_of(const DeclaredToken& token) {
  return fmt::format("{}{}{}{}{}{}", token.single_word, token.strip_left, token.strip_right, token.is_normalized(),
                     token.special, token.content);
}

}  // namespace

Result<Declaration> read_declaration(const TokenizerFolder& folder, const Json& tokenizer) {
  Declaration declaration;
  std::string pad;
  MEMO_RETURN_IF_ERROR(in_file(folder.file("tokenizer.json"), read_padding(tokenizer, pad)));
  declaration.has_types = folder.kind == nullptr || folder.kind->has_types;
  MEMO_RETURN_IF_ERROR(
      in_file(folder.file("tokenizer_config.json"), read_config(folder.config, tokenizer, declaration)));
  TokensByContent contents;
  MEMO_ASSIGN_OR_RETURN(
      auto tokens, is_legacy(folder) ? read_own(folder, tokenizer, contents) : read_decoder(folder, contents));
  MEMO_ASSIGN_OR_RETURN(declaration.roles, read_special_roles(folder, contents, pad));
  if (is_legacy(folder)) {
    MEMO_ASSIGN_OR_RETURN(auto added, read_added(folder));
    tokens.merge(added);
  }
  for (auto& [id, token] : tokens) declaration.tokens.push_back(std::move(token));
  return declaration;
}

void add_declared(const Declaration& declaration, AddedVocabulary& added) {
  std::vector<SpecialToken> wanted;
  std::set<std::string> contents;
  std::set<std::string> keys;
  for (const DeclaredToken& token : declaration.tokens) {
    if (added.has(token)) continue;
    wanted.push_back({token, false});
    contents.insert(token.content);
    keys.insert(key_of(token));
  }
  std::set<std::string> special;
  for (const SpecialToken& role : declaration.roles.all) {
    special.insert(role.token.content);
    const bool known = role.plain ? added.has_content(role.token.content) || contents.contains(role.token.content)
                                  : keys.contains(key_of(role.token));
    if (!known) wanted.push_back(role);
  }
  for (SpecialToken& token : wanted) {
    token.token.special |= special.contains(token.token.content);
    added.add(token.token);
  }
}

}  // namespace memo
