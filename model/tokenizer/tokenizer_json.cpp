#include "model/tokenizer/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "embed/json_text.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxTokenizerBytes = std::size_t{64} << 20;
constexpr std::int32_t kMaxId = 10'000'000;
constexpr std::size_t kMaxWordCharacters = 65'536;

Status wrong(StatusCode code, std::string_view field, const std::string& what) {
  return {code, fmt::format("{} {}", field, what)};
}

// The value of a path such as "model.vocab"; null where anything on the way is missing.
const Json& at_path(const Json& json, std::string_view path) {
  static const Json kNull;
  const Json* value = &json;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const auto found = value->is_object() ? value->find(path.substr(0, dot)) : value->end();
    if (found == value->end()) return kNull;
    value = &*found;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return *value;
}

std::optional<std::int32_t> as_id(const Json& json) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxId)) return {};
  return json.get<std::int32_t>();
}

Status require_type(const Json& json, const std::string& part, std::string_view only) {
  const Json& type = at_path(json, part + ".type");
  if (type == only) return Status::ok();
  return wrong(StatusCode::unsupported, part + ".type",
               fmt::format("is {}, only {} is supported", type.dump(), only));
}

// Leaves `value` as it is where the field is missing or null.
Status read_flag(const Json& json, const std::string& path, bool& value) {
  const Json& found = at_path(json, path);
  if (found.is_null()) return Status::ok();
  if (!found.is_boolean())
    return wrong(StatusCode::corrupt, path, fmt::format("is {}, not a boolean", found.dump()));
  value = found.get<bool>();
  return Status::ok();
}

Status read_normalizer(const Json& json, NormalizerOptions& options) {
  MEMO_RETURN_IF_ERROR(require_type(json, "normalizer", "BertNormalizer"));
  MEMO_RETURN_IF_ERROR(read_flag(json, "normalizer.clean_text", options.clean_text));
  MEMO_RETURN_IF_ERROR(read_flag(json, "normalizer.handle_chinese_chars", options.handle_chinese_chars));
  MEMO_RETURN_IF_ERROR(read_flag(json, "normalizer.lowercase", options.lowercase));
  options.strip_accents = options.lowercase;  // what null means
  return read_flag(json, "normalizer.strip_accents", options.strip_accents);
}

Status read_pieces(const Json& json, Vocabulary& vocabulary) {
  const Json& pieces = at_path(json, "model.vocab");
  if (!pieces.is_object() || pieces.empty())
    return wrong(StatusCode::corrupt, "model.vocab", "is not an object with at least one piece");
  for (const auto& [piece, value] : pieces.items()) {
    const auto id = as_id(value);
    if (!id)
      return wrong(StatusCode::corrupt, "model.vocab",
                   fmt::format("\"{}\" is {}, must be 0 to {}", piece, value.dump(), kMaxId));
    vocabulary.emplace(piece, *id);
  }
  return Status::ok();
}

Status read_word_piece(const Json& json, BertTokenizerParts& parts) {
  MEMO_RETURN_IF_ERROR(require_type(json, "model", "WordPiece"));
  MEMO_RETURN_IF_ERROR(read_pieces(json, parts.vocabulary));
  const Json& prefix = at_path(json, "model.continuing_subword_prefix");
  const Json& most = at_path(json, "model.max_input_chars_per_word");
  const Json& unknown = at_path(json, "model.unk_token");
  if (!prefix.is_string()) return wrong(StatusCode::corrupt, "model.continuing_subword_prefix", "is not a string");
  if (!most.is_number_unsigned() || most.get<std::uint64_t>() > kMaxWordCharacters)
    return wrong(StatusCode::corrupt, "model.max_input_chars_per_word",
                 fmt::format("is {}, must be 0 to {}", most.dump(), kMaxWordCharacters));
  const auto found =
      unknown.is_string() ? parts.vocabulary.find(unknown.get<std::string>()) : parts.vocabulary.end();
  if (found == parts.vocabulary.end())
    return wrong(StatusCode::corrupt, "model.unk_token",
                 fmt::format("is {}, not in the vocabulary", unknown.dump()));
  parts.word_piece = {prefix.get<std::string>(), most.get<std::size_t>(), found->second};
  return Status::ok();
}

Result<AddedToken> read_added_token(const Json& json, const BertTokenizerParts& parts, const std::string& field) {
  const Json& content = at_path(json, "content");
  const auto id = as_id(at_path(json, "id"));
  bool single_word = false;
  AddedToken token;
  if (!content.is_string() || content.get<std::string>().empty() || !id)
    return wrong(StatusCode::corrupt, field, "lacks a content or an id");
  MEMO_RETURN_IF_ERROR(read_flag(json, "single_word", single_word));
  MEMO_RETURN_IF_ERROR(read_flag(json, "lstrip", token.strip_left));
  MEMO_RETURN_IF_ERROR(read_flag(json, "rstrip", token.strip_right));
  token.content = content.get<std::string>();
  token.id = *id;
  const auto known = parts.vocabulary.find(token.content);
  if (known != parts.vocabulary.end() && known->second != token.id)
    return wrong(StatusCode::corrupt, field,
                 fmt::format("\"{}\" has id {}, in the vocabulary {}", token.content, token.id, known->second));
  if (single_word)
    return wrong(StatusCode::unsupported, field, fmt::format("\"{}\" is a single_word token", token.content));
  return token;
}

Status read_added_tokens(const Json& json, BertTokenizerParts& parts) {
  const Json& tokens = at_path(json, "added_tokens");
  if (tokens.is_null()) return Status::ok();
  if (!tokens.is_array()) return wrong(StatusCode::corrupt, "added_tokens", "is not an array");
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string field = fmt::format("added_tokens[{}]", i);
    auto token = read_added_token(tokens[i], parts, field);
    if (!token) return token.status();
    bool normalized = false;
    MEMO_RETURN_IF_ERROR(read_flag(tokens[i], "normalized", normalized));
    if (normalized) token->content = normalize(token->content, parts.normalizer);
    if (token->content.empty()) return wrong(StatusCode::unsupported, field, "is empty after normalization");
    (normalized ? parts.normalized_tokens : parts.raw_tokens).push_back(std::move(token).value());
  }
  return Status::ok();
}

// "[CLS] $A [SEP]": the names of the two, or nothing where the template is another.
std::optional<std::pair<std::string, std::string>> template_ends(const Json& single) {
  if (!single.is_array() || single.size() != 3 || at_path(single[1], "Sequence.id") != "A") return {};
  const Json& first = at_path(single[0], "SpecialToken.id");
  const Json& last = at_path(single[2], "SpecialToken.id");
  if (!first.is_string() || !last.is_string()) return {};
  return std::pair(first.get<std::string>(), last.get<std::string>());
}

std::optional<std::int32_t> template_id(const Json& post_processor, const std::string& name) {
  const Json& tokens = at_path(post_processor, "special_tokens");
  const auto found = tokens.is_object() ? tokens.find(name) : tokens.end();
  if (found == tokens.end()) return {};
  const Json& ids = at_path(*found, "ids");
  return ids.is_array() && ids.size() == 1 ? as_id(ids[0]) : std::nullopt;
}

Status read_template(const Json& post_processor, BertTokenizerParts& parts) {
  const auto ends = template_ends(at_path(post_processor, "single"));
  if (!ends)
    return wrong(StatusCode::unsupported, "post_processor.single", "is not one token, the text, one token");
  const auto cls = template_id(post_processor, ends->first);
  const auto sep = template_id(post_processor, ends->second);
  if (!cls || !sep)
    return wrong(StatusCode::corrupt, "post_processor.special_tokens",
                 fmt::format("lacks one id each for \"{}\" and \"{}\"", ends->first, ends->second));
  parts.cls_id = *cls;
  parts.sep_id = *sep;
  return Status::ok();
}

// BertProcessing: "cls": ["[CLS]", 101], "sep": ["[SEP]", 102]
Status read_bert_processing(const Json& post_processor, BertTokenizerParts& parts) {
  const auto id_of = [&](std::string_view field) {
    const Json& pair = at_path(post_processor, field);
    return pair.is_array() && pair.size() == 2 ? as_id(pair[1]) : std::nullopt;
  };
  const auto cls = id_of("cls");
  const auto sep = id_of("sep");
  if (!cls || !sep) return wrong(StatusCode::corrupt, "post_processor", "lacks cls or sep");
  parts.cls_id = *cls;
  parts.sep_id = *sep;
  return Status::ok();
}

Status read_post_processor(const Json& json, BertTokenizerParts& parts) {
  const Json& post_processor = at_path(json, "post_processor");
  const Json& type = at_path(post_processor, "type");
  if (type == "TemplateProcessing") return read_template(post_processor, parts);
  if (type == "BertProcessing") return read_bert_processing(post_processor, parts);
  return wrong(StatusCode::unsupported, "post_processor.type",
               fmt::format("is {}, supported are TemplateProcessing and BertProcessing", type.dump()));
}

Status read_parts(const Json& json, BertTokenizerParts& parts) {
  MEMO_RETURN_IF_ERROR(read_word_piece(json, parts));
  MEMO_RETURN_IF_ERROR(read_normalizer(json, parts.normalizer));
  MEMO_RETURN_IF_ERROR(require_type(json, "pre_tokenizer", "BertPreTokenizer"));
  MEMO_RETURN_IF_ERROR(read_added_tokens(json, parts));
  MEMO_RETURN_IF_ERROR(read_post_processor(json, parts));
  const auto pad = parts.vocabulary.find("[PAD]");
  parts.pad_id = pad == parts.vocabulary.end() ? 0 : pad->second;  // padding is masked, so any piece will do
  return Status::ok();
}

}  // namespace

Result<BertTokenizerParts> read_tokenizer_json(const std::string& path) {
  auto json = read_json_file(path, kMaxTokenizerBytes);
  if (!json) return json.status();
  BertTokenizerParts parts;
  const Status status = read_parts(*json, parts);
  if (!status) return Status(status.code(), fmt::format("{}: {}", path, status.message()));
  return parts;
}

}  // namespace memo
