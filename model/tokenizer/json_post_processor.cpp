#include "model/tokenizer/json_post_processor.h"

#include <fmt/format.h>

#include <string>

#include "model/tokenizer/json_fields.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxSpecialTokens = 64;

Status check_size(const SpecialTokens& tokens) {
  const std::size_t size = tokens.before.size() + tokens.after.size();
  if (size <= kMaxSpecialTokens) return Status::ok();
  return wrong(StatusCode::unsupported, "post_processor",
               fmt::format("adds {} tokens, at most {} are supported", size, kMaxSpecialTokens));
}

// Puts tokens around what is there already.
void surround(SpecialTokens& inner, SpecialTokens outer) {
  outer.before.insert(outer.before.end(), inner.before.begin(), inner.before.end());
  inner.after.insert(inner.after.end(), outer.after.begin(), outer.after.end());
  inner.before = std::move(outer.before);
}

// "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [101], "tokens": ["[CLS]"]}}
Status append_ids(const Json& special_tokens, const Json& token, const std::string& name,
                  std::vector<std::int32_t>& ids) {
  const Json& key = at_path(token, "id");
  const auto found = key.is_string() && special_tokens.is_object() ? special_tokens.find(key.get<std::string>())
                                                                   : special_tokens.end();
  const Json& values = found == special_tokens.end() ? Json() : at_path(*found, "ids");
  if (!values.is_array() || values.empty())
    return wrong(StatusCode::corrupt, name + ".special_tokens", fmt::format("lacks ids for {}", shown(key)));
  for (const Json& value : values) {
    const auto id = as_id(value);
    if (!id)
      return wrong(StatusCode::corrupt, name + ".special_tokens",
                   fmt::format("has the id {} for {}, must be 0 to {}", shown(value), shown(key), kMaxTokenId));
    ids.push_back(*id);
  }
  return Status::ok();
}

// "single": [{"SpecialToken": {"id": "[CLS]"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "[SEP]"}}]
Status add_template(const Json& json, const std::string& name, SpecialTokens& tokens) {
  const Json& single = at_path(json, "single");
  if (!single.is_array() || single.size() > kMaxSpecialTokens)
    return wrong(StatusCode::corrupt, name + ".single",
                 fmt::format("is {}, not an array of at most {}", shown(single), kMaxSpecialTokens));
  SpecialTokens around;
  bool text_seen = false;
  for (const Json& piece : single) {
    const Json& token = at_path(piece, "SpecialToken");
    if (token.is_null() && (text_seen || at_path(piece, "Sequence.id") != "A"))
      return wrong(StatusCode::unsupported, name + ".single", "is not special tokens around one $A");
    if (token.is_null())
      text_seen = true;
    else
      MEMO_RETURN_IF_ERROR(
          append_ids(at_path(json, "special_tokens"), token, name, text_seen ? around.after : around.before));
  }
  if (!text_seen) return wrong(StatusCode::unsupported, name + ".single", "has no $A");
  surround(tokens, std::move(around));
  return Status::ok();
}

// BertProcessing and RobertaProcessing: "cls": ["[CLS]", 101], "sep": ["[SEP]", 102]
Status add_pair(const Json& json, const std::string& name, SpecialTokens& tokens) {
  const auto id_of = [&](const char* field) {
    const Json& pair = at_path(json, field);
    return pair.is_array() && pair.size() == 2 ? as_id(pair[1]) : std::nullopt;
  };
  const auto cls = id_of("cls");
  const auto sep = id_of("sep");
  if (!cls || !sep) return wrong(StatusCode::corrupt, name, "lacks cls or sep, each a token and its id");
  surround(tokens, {{*cls}, {*sep}});
  return Status::ok();
}

Status add(const Json& json, const std::string& name, SpecialTokens& tokens);

Status add_sequence(const Json& json, const std::string& name, SpecialTokens& tokens) {
  const Json& members = at_path(json, "processors");
  if (!members.is_array()) return wrong(StatusCode::corrupt, name + ".processors", "is not an array");
  for (std::size_t i = 0; i < members.size(); ++i)
    MEMO_RETURN_IF_ERROR(add(members[i], fmt::format("{}.processors[{}]", name, i), tokens));
  return Status::ok();
}

// Nesting is bounded by what the JSON reader takes.
Status add(const Json& json, const std::string& name, SpecialTokens& tokens) {
  const Json& type = at_path(json, "type");
  MEMO_RETURN_IF_ERROR(check_size(tokens));
  if (type == "Sequence") return add_sequence(json, name, tokens);
  if (type == "TemplateProcessing") return add_template(json, name, tokens);
  if (type == "BertProcessing" || type == "RobertaProcessing") return add_pair(json, name, tokens);
  if (type == "ByteLevel") return Status::ok();  // changes offsets only
  return unsupported_type(json, name,
                          "Sequence, TemplateProcessing, BertProcessing, RobertaProcessing and ByteLevel");
}

}  // namespace

Result<SpecialTokens> read_post_processor(const Json& json) {
  SpecialTokens tokens;
  if (!json.is_null()) MEMO_RETURN_IF_ERROR(add(json, "post_processor", tokens));
  MEMO_RETURN_IF_ERROR(check_size(tokens));
  return tokens;
}

}  // namespace memo
