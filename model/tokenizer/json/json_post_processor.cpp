#include "model/tokenizer/json/json_post_processor.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include "model/tokenizer/json/json_fields.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Kind = PairPiece::Kind;

constexpr std::size_t kMaxSpecialTokens = 64;
constexpr std::int32_t kMaxType = 255;

// "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [101], "tokens": ["[CLS]"]}}
Status append_ids(const Json& special_tokens, const Json& token, const std::string& name,
                  std::vector<std::int32_t>& ids) {
  const Json& key = at_path(token, "id");
  const auto found = key.is_string() && special_tokens.is_object() ? special_tokens.find(key.get<std::string>())
                                                                   : special_tokens.end();
  const Json& values = found == special_tokens.end() ? Json() : at_path(*found, "ids");
  if (!values.is_array() || values.empty() || values.size() > kMaxSpecialTokens)
    return wrong(StatusCode::corrupt, name + ".special_tokens",
                 fmt::format("lacks the 1 to {} ids of {}", kMaxSpecialTokens, shown(key)));
  for (const Json& value : values) {
    const auto id = as_id(value);
    if (!id)
      return wrong(StatusCode::corrupt, name + ".special_tokens",
                   fmt::format("has the id {} for {}, must be 0 to {}", shown(value), shown(key), kMaxTokenId));
    ids.push_back(*id);
  }
  return Status::ok();
}

// {"SpecialToken": {"id": "[CLS]", "type_id": 0}} or {"Sequence": {"id": "A", "type_id": 0}}
Result<PairPiece> read_piece(const Json& json, const Json& special_tokens, const std::string& name) {
  PairPiece piece;
  const Json& token = at_path(json, "SpecialToken");
  const Json& text = token.is_null() ? at_path(json, "Sequence") : token;
  const Json& type = at_path(text, "type_id");
  if (!type.is_null()) {
    const auto value = as_id(type);
    if (!value || *value > kMaxType)
      return wrong(StatusCode::corrupt, name,
                   fmt::format("has the type_id {}, must be 0 to {}", shown(type), kMaxType));
    piece.type = *value;
  }
  if (!token.is_null()) {
    MEMO_RETURN_IF_ERROR(append_ids(special_tokens, token, name.substr(0, name.rfind('.')), piece.ids));
    return piece;
  }
  const Json& id = at_path(text, "id");
  if (id != "A" && id != "B")
    return wrong(StatusCode::corrupt, name,
                 fmt::format("has {}, neither a special token nor $A or $B", shown(json)));
  piece.kind = id == "A" ? Kind::first : Kind::second;
  return piece;
}

Result<std::vector<PairPiece>> read_template(const Json& json, const std::string& name, const char* form) {
  const Json& list = at_path(json, form);
  const std::string field = fmt::format("{}.{}", name, form);
  if (!list.is_array() || list.size() > kMaxSpecialTokens)
    return wrong(StatusCode::corrupt, field,
                 fmt::format("is {}, not an array of at most {}", shown(list), kMaxSpecialTokens));
  std::vector<PairPiece> pieces;
  for (const Json& entry : list) {
    MEMO_ASSIGN_OR_RETURN(auto piece, read_piece(entry, at_path(json, "special_tokens"), field));
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

std::ptrdiff_t count(const std::vector<PairPiece>& pieces, Kind kind) {
  return std::count_if(pieces.begin(), pieces.end(), [&](const PairPiece& piece) { return piece.kind == kind; });
}

// "single": [{"SpecialToken": {"id": "[CLS]"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "[SEP]"}}]
Status add_single(const std::vector<PairPiece>& pieces, const std::string& field, SpecialTokens& tokens) {
  if (count(pieces, Kind::first) != 1 || count(pieces, Kind::second) != 0)
    return wrong(StatusCode::unsupported, field, "is not special tokens around one $A");
  bool text_seen = false;
  for (const PairPiece& piece : pieces) {
    if (piece.type != 0)
      return wrong(StatusCode::unsupported, field,
                   fmt::format("has the type_id {}, of a single text all must be 0", piece.type));
    if (piece.kind == Kind::first) text_seen = true;
    auto& side = text_seen ? tokens.after : tokens.before;
    side.insert(side.end(), piece.ids.begin(), piece.ids.end());
  }
  if (tokens.before.size() + tokens.after.size() > kMaxSpecialTokens)
    return wrong(StatusCode::unsupported, field,
                 fmt::format("adds {} tokens, at most {} are supported",
                             tokens.before.size() + tokens.after.size(), kMaxSpecialTokens));
  return Status::ok();
}

// A form of pairs that is not understood is left out: a user without pairs does not need it.
Status add_template(const Json& json, const std::string& name, SpecialTokens& tokens) {
  MEMO_ASSIGN_OR_RETURN(const auto single, read_template(json, name, "single"));
  MEMO_RETURN_IF_ERROR(add_single(single, name + ".single", tokens));
  tokens.pair.clear();
  if (at_path(json, "pair").is_null()) return Status::ok();
  MEMO_ASSIGN_OR_RETURN(auto pair, read_template(json, name, "pair"));
  if (count(pair, Kind::first) == 1 && count(pair, Kind::second) == 1) tokens.pair = std::move(pair);
  if (tokens.pair_tokens() > kMaxPairTokens) tokens.pair.clear();
  return Status::ok();
}

// BertProcessing and RobertaProcessing: "cls": ["[CLS]", 101], "sep": ["[SEP]", 102]
Status add_processing(const Json& json, const std::string& name, bool roberta, SpecialTokens& tokens) {
  const auto id_of = [&](const char* field) {
    const Json& pair = at_path(json, field);
    return pair.is_array() && pair.size() == 2 ? as_id(pair[1]) : std::nullopt;
  };
  const auto cls = id_of("cls");
  const auto sep = id_of("sep");
  if (!cls || !sep) return wrong(StatusCode::corrupt, name, "lacks cls or sep, each a token and its id");
  SpecialTokens made = roberta ? roberta_tokens(*cls, *sep) : bert_tokens(*cls, *sep);
  made.trims = std::move(tokens.trims);
  tokens = std::move(made);
  return Status::ok();
}

// Reads post-processors that add tokens, and ByteLevel, which changes offsets only. Of those that add tokens, at most
// one is supported.
struct Reader {
  SpecialTokens tokens;
  bool added = false;

  Status add_sequence(const Json& json, const std::string& name) {
    const Json& members = at_path(json, "processors");
    if (!members.is_array()) return wrong(StatusCode::corrupt, name + ".processors", "is not an array");
    for (std::size_t i = 0; i < members.size(); ++i)
      MEMO_RETURN_IF_ERROR(add(members[i], fmt::format("{}.processors[{}]", name, i)));
    return Status::ok();
  }

  // The JSON reader limits how deeply these are nested.
  Status add(const Json& json, const std::string& name) {
    const Json& type = at_path(json, "type");
    if (type == "Sequence") return add_sequence(json, name);
    if (type == "ByteLevel" || type == "RobertaProcessing") add_trim(json);
    if (type == "ByteLevel") return Status::ok();
    const bool known = type == "TemplateProcessing" || type == "BertProcessing" || type == "RobertaProcessing";
    if (!known)
      return unsupported_type(json, name,
                              "Sequence, TemplateProcessing, BertProcessing, RobertaProcessing and ByteLevel");
    if (std::exchange(added, true))
      return wrong(StatusCode::unsupported, name + ".type",
                   fmt::format("is {}, the second that adds tokens", shown(type)));
    if (type == "TemplateProcessing") return add_template(json, name, tokens);
    return add_processing(json, name, type == "RobertaProcessing", tokens);
  }

  void add_trim(const Json& json) {
    if (at_path(json, "trim_offsets") == false) return;
    tokens.trims.push_back({at_path(json, "add_prefix_space") != false, added});
  }
};

}  // namespace

Result<SpecialTokens> read_post_processor(const Json& json) {
  Reader reader;
  reader.tokens.pair = {{Kind::first, {}, 0}, {Kind::second, {}, 1}};
  if (!json.is_null()) MEMO_RETURN_IF_ERROR(reader.add(json, "post_processor"));
  return std::move(reader.tokens);
}

}  // namespace memo
