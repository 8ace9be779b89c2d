#include "model/tokenizer/declared/vocabulary_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "embed/json/utf8.h"
#include "model/tokenizer/declared/overrides.h"
#include "model/tokenizer/declared/special_roles.h"
#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/unicode/unicode.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxVocabularyBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxWordCharacters = 100;

// A line ends with \n, \r or both.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end);
  text.remove_prefix(text.starts_with("\r\n") ? 2 : std::min<std::size_t>(text.size(), 1));
  return line;
}

// The line number is the id; where a piece is repeated, the last line counts.
Json parse_lines(std::string_view text) {
  Json vocabulary = Json::object();
  for (std::int32_t id = 0; !text.empty(); ++id) vocabulary[std::string(take_line(text))] = id;
  return vocabulary;
}

Result<Json> read_pieces_of(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(auto text, read_text_file(path, kMaxVocabularyBytes));
  if (!is_utf8(text)) return Status(StatusCode::corrupt, fmt::format("{}: is not UTF-8", path));
  return parse_lines(text);
}

// Refuses options that exist only for tokenizers that read vocab.txt.
Status refuse_options(const TokenizerFolder& folder) {
  if (folder.config.contains("vocab_file"))
    return wrong(StatusCode::unsupported, "vocab_file",
                 fmt::format("is {}, remove it: vocab.txt is read", shown(folder.config["vocab_file"])));
  const Json& basic = at_path(folder.config, "do_basic_tokenize");
  if (basic.is_null() || basic == true || folder.kind->overrides == TokenizerClass::Overrides::bert)
    return Status::ok();  // the fast tokenizer has no such option
  return wrong(StatusCode::unsupported, "do_basic_tokenize", fmt::format("is {}, must be true", shown(basic)));
}

// The token of a role. It has to be a piece, and of a form that a template can name.
Result<std::string> piece_of(const SpecialRoles& roles, const char* role, const Json& pieces) {
  const auto found = roles.contents.find(role);
  const std::string content = found == roles.contents.end() ? "" : found->second;
  if (content.empty() || !pieces.contains(content))
    return Status(StatusCode::corrupt, fmt::format("{} is not in the vocabulary: the {}", shown(content), role));
  bool spaced = content.find(':') != std::string::npos || content.starts_with('$');
  for (std::size_t position = 0; position < content.size();)
    spaced |= is_whitespace(next_code_point(content, position));
  if (spaced)
    return Status(
        StatusCode::unsupported,
        fmt::format("{}: the {} must have no space, no colon, and no $ at its start", shown(content), role));
  return content;
}

Json special(const std::string& token, int type) {
  return {{"SpecialToken", {{"id", token}, {"type_id", type}}}};
}

Json sequence(const char* id, int type) {
  return {{"Sequence", {{"id", id}, {"type_id", type}}}};
}

// MPNet's pairs have two separators between the texts.
Json post_processor(const std::string& cls, const std::string& sep, bool doubled, const Json& pieces) {
  const Json single = Json::array({special(cls, 0), sequence("A", 0), special(sep, 0)});
  Json pair = single;
  if (doubled) pair.push_back(special(sep, 0));
  pair.push_back(sequence("B", 1));
  pair.push_back(special(sep, 1));
  const auto entry = [&](const std::string& token) {
    return Json{{"id", token}, {"ids", Json::array({pieces.at(token)})}, {"tokens", Json::array({token})}};
  };
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"pair", std::move(pair)},
          {"special_tokens", {{cls, entry(cls)}, {sep, entry(sep)}}}};
}

Result<Json> make_tokenizer(const TokenizerClass& kind, Json pieces, const SpecialRoles& roles) {
  MEMO_ASSIGN_OR_RETURN(const auto cls, piece_of(roles, "cls_token", pieces));
  MEMO_ASSIGN_OR_RETURN(const auto sep, piece_of(roles, "sep_token", pieces));
  MEMO_ASSIGN_OR_RETURN(const auto unknown, piece_of(roles, "unk_token", pieces));
  Json json = {{"added_tokens", Json::array()}, {"pre_tokenizer", {{"type", "BertPreTokenizer"}}}};
  json["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  const bool doubled = kind.overrides == TokenizerClass::Overrides::mpnet;
  json["post_processor"] = post_processor(cls, sep, doubled, pieces);
  json["model"] = {{"type", "WordPiece"},
                   {"unk_token", unknown},
                   {"continuing_subword_prefix", "##"},
                   {"max_input_chars_per_word", kMaxWordCharacters}};
  json["model"]["vocab"] = std::move(pieces);
  return json;
}

}  // namespace

Result<Json> read_vocabulary(const TokenizerFolder& folder) {
  const std::string path = folder.file("vocab.txt");
  MEMO_ASSIGN_OR_RETURN(auto pieces, read_pieces_of(path));
  MEMO_RETURN_IF_ERROR(in_file(folder.file("tokenizer_config.json"), refuse_options(folder)));
  MEMO_ASSIGN_OR_RETURN(const auto roles, read_special_roles(folder, {}, ""));
  MEMO_ASSIGN_OR_RETURN(auto normalizer, declared_bert_normalizer(folder));
  auto made = make_tokenizer(*folder.kind, std::move(pieces), roles);
  if (!made) return in_file(path, made.status());
  (*made)["normalizer"] = std::move(normalizer);
  return made;
}

}  // namespace memo
