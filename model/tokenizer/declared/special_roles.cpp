#include "model/tokenizer/declared/special_roles.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "model/tokenizer/json/json_fields.h"

namespace memo {
namespace {

using Json = nlohmann::json;

// In the order of the transformers package.
constexpr const char* kRoles[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                  "pad_token", "cls_token", "mask_token"};
constexpr const char* kAdditional = "additional_special_tokens";

struct Source {
  const Json* value = nullptr;  // nullptr: no file has it
  bool from_map = false;        // special_tokens_map.json, not tokenizer_config.json
};

Source source_of(const TokenizerFolder& folder, const char* field) {
  if (is_legacy(folder) && folder.special_tokens_map) {
    const auto found = folder.special_tokens_map->find(field);
    if (found != folder.special_tokens_map->end()) return {&*found, true};
  }
  const auto found = folder.config.find(field);
  return found == folder.config.end() ? Source() : Source{&*found, false};
}

// "[CLS]", or {"content": "[CLS]", ...}, which in tokenizer_config.json has to say that it is an added token.
Result<SpecialToken> read_token(const Json& json, const std::string& field, bool from_map) {
  if (json.is_string()) return SpecialToken{{json.get<std::string>(), false, false, false, {}, false}, true};
  const bool is_token = json.is_object() && (from_map || at_path(json, "__type") == "AddedToken");
  if (!is_token)
    return wrong(StatusCode::corrupt, field, fmt::format("is {}, not a string or an AddedToken", shown(json)));
  MEMO_ASSIGN_OR_RETURN(auto token, read_declared_token(json, field));
  token.special |= from_map;
  return SpecialToken{std::move(token), false};
}

class Reader {
 public:
  Reader(const TokenizerFolder& folder, const TokensByContent& tokens, const std::string& padding)
      : folder_(folder), tokens_(tokens), padding_(padding) {}

  Result<SpecialRoles> read() {
    MEMO_RETURN_IF_ERROR(in_file(folder_.file("special_tokens_map.json"), refuse_other_roles()));
    for (const char* role : kRoles) MEMO_RETURN_IF_ERROR(add_role(role));
    MEMO_RETURN_IF_ERROR(add_additional());
    return std::move(roles_);
  }

 private:
  // The transformers package passes any other entry of special_tokens_map.json to the class as an argument.
  Status refuse_other_roles() const {
    if (!is_legacy(folder_) || !folder_.special_tokens_map) return Status::ok();
    for (const auto& [name, value] : folder_.special_tokens_map->items()) {
      const bool known =
          name == kAdditional || std::find(std::begin(kRoles), std::end(kRoles), name) != std::end(kRoles);
      if (!known)
        return wrong(StatusCode::unsupported, name, fmt::format("is {}, not a role that is known", shown(value)));
    }
    return Status::ok();
  }

  Status at_source(const Source& source, const Status& status) const {
    return in_file(folder_.file(source.from_map ? "special_tokens_map.json" : "tokenizer_config.json"), status);
  }

  Status add_role(const char* role) {
    const Source source = source_of(folder_, role);
    if (source.value == nullptr) {
      const std::string_view content = default_of(role);
      if (!content.empty()) add_wrapped(role, {{std::string(content), false, false, false, {}, false}, true});
      return Status::ok();
    }
    if (source.value->is_null()) return Status::ok();  // none, even if the class has one
    auto token = read_token(*source.value, role, source.from_map);
    if (!token) return at_source(source, token.status());
    MEMO_RETURN_IF_ERROR(at_source(source, refuse_mixed_up(role, token->token.content)));
    const auto known = tokens_.find(token->token.content);
    if (known != tokens_.end()) *token = {known->second, false};
    add_wrapped(role, std::move(token).value());
    return Status::ok();
  }

  // If the last additional token of special_tokens_map.json has another role, too, the transformers package takes the
  // last token of added_tokens.json in its place.
  Status refuse_mixed_up(const char* role, const std::string& content) const {
    const Source source = source_of(folder_, kAdditional);
    const bool added = is_legacy(folder_) && folder_.added_tokens && !folder_.added_tokens->empty();
    if (!added || !source.from_map || !source.value->is_array() || source.value->empty()) return Status::ok();
    const Json& last = source.value->back();
    const Json& name = last.is_object() ? at_path(last, "content") : last;
    if (name != content || tokens_.contains(content)) return Status::ok();
    return wrong(StatusCode::unsupported, role,
                 fmt::format("is {}, the last of {}, too: with added_tokens.json there is no telling its flags",
                             shown(content), kAdditional));
  }

  std::string_view default_of(std::string_view role) const {
    for (const RoleDefault& known : kind().roles)
      if (known.role == role) return known.content;
    return role == "pad_token" ? std::string_view(padding_) : std::string_view();
  }

  const TokenizerClass& kind() const { return folder_.kind == nullptr ? plain_tokenizer_class() : *folder_.kind; }

  // Adds the token as the class passes it on.
  void add_wrapped(const std::string& role, SpecialToken token) {
    using Mask = TokenizerClass::Mask;
    const bool is_mask = role == "mask_token";
    if (token.plain && is_mask && kind().mask != Mask::plain) {
      token.plain = false;
      token.token.strip_left = true;
      if (kind().mask == Mask::strips_raw) token.token.normalized = false;
    }
    if (kind().wraps_roles) token.plain = false;
    if (token.plain && token.token.content.empty()) return;
    roles_.contents[role] = token.token.content;
    if (seen_.insert(token.token.content).second) roles_.all.push_back(std::move(token));
  }

  Status add_additional() {
    std::vector<SpecialToken> found;
    const Source source = source_of(folder_, kAdditional);
    if (source.value == nullptr)
      for (const std::string_view content : kind().additional)
        found.push_back({{std::string(content), false, false, false, {}, false}, true});
    if (source.from_map) {  // after those of tokenizer_config.json
      const auto first = folder_.config.find(kAdditional);
      if (first != folder_.config.end() && !first->is_null())
        MEMO_RETURN_IF_ERROR(at_source({&*first, false}, append_list(*first, false, found)));
    }
    if (source.value != nullptr && !source.value->is_null())
      MEMO_RETURN_IF_ERROR(at_source(source, append_list(*source.value, source.from_map, found)));
    for (SpecialToken& token : found)
      if (!seen_.contains(token.token.content)) roles_.all.push_back(std::move(token));
    return Status::ok();
  }

  static Status append_list(const Json& json, bool from_map, std::vector<SpecialToken>& found) {
    if (!json.is_array())
      return wrong(StatusCode::corrupt, kAdditional, fmt::format("is {}, not an array", shown(json)));
    for (std::size_t i = 0; i < json.size(); ++i) {
      MEMO_ASSIGN_OR_RETURN(auto token, read_token(json[i], fmt::format("{}[{}]", kAdditional, i), from_map));
      found.push_back(std::move(token));
    }
    return Status::ok();
  }

  const TokenizerFolder& folder_;
  const TokensByContent& tokens_;
  const std::string& padding_;
  std::set<std::string> seen_;
  SpecialRoles roles_;
};

}  // namespace

bool is_legacy(const TokenizerFolder& folder) {
  return !folder.config.contains("added_tokens_decoder");
}

Result<SpecialRoles> read_special_roles(const TokenizerFolder& folder, const TokensByContent& tokens,
                                        const std::string& padding) {
  return Reader(folder, tokens, padding).read();
}

std::vector<std::string> named_in_files(const TokenizerFolder& folder) {
  std::vector<std::string> names;
  const auto add = [&](const Json& json, bool from_map) {
    if (json.is_string()) names.push_back(json.get<std::string>());
    if (json.is_object() && from_map) names.push_back(at_path(json, "content").get<std::string>());
  };
  for (const char* role : kRoles) {
    const Source source = source_of(folder, role);
    if (source.value != nullptr) add(*source.value, source.from_map);
  }
  const Source source = source_of(folder, kAdditional);
  if (source.value != nullptr)
    for (const Json& token : *source.value) add(token, source.from_map);
  if (source.from_map)
    for (const Json& token : at_path(folder.config, kAdditional)) add(token, false);
  return names;
}

}  // namespace memo
