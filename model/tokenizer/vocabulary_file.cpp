#include "model/tokenizer/vocabulary_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "embed/json_text.h"
#include "model/tokenizer/unicode.h"
#include "model/tokenizer/utf8.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxVocabularyBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

std::string_view without_trailing_whitespace(std::string_view line) {
  std::size_t end = 0;
  for (std::size_t position = 0; position < line.size();)
    if (!is_whitespace(next_code_point(line, position))) end = position;
  return line.substr(0, end);
}

// The line number is the id; where a piece is repeated, the last line counts.
Vocabulary parse_lines(std::string_view text) {
  Vocabulary vocabulary;
  for (std::int32_t id = 0; !text.empty(); ++id) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    vocabulary.insert_or_assign(std::string(without_trailing_whitespace(text.substr(0, end))), id);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return vocabulary;
}

Status read_flag(const Json& json, const char* field, bool& value) {
  const auto found = json.find(field);
  if (found == json.end() || found->is_null()) return Status::ok();
  if (!found->is_boolean())
    return {StatusCode::corrupt, fmt::format("{} is {}, not a boolean", field, found->dump())};
  value = found->get<bool>();
  return Status::ok();
}

Status apply_config(const Json& json, NormalizerOptions& options) {
  if (!json.is_object()) return {StatusCode::corrupt, "is not a JSON object"};
  MEMO_RETURN_IF_ERROR(read_flag(json, "do_lower_case", options.lowercase));
  MEMO_RETURN_IF_ERROR(read_flag(json, "tokenize_chinese_chars", options.handle_chinese_chars));
  options.strip_accents = options.lowercase;  // what null means
  return read_flag(json, "strip_accents", options.strip_accents);
}

Status read_config(const std::string& path, NormalizerOptions& options) {
  auto json = read_json_file(path, kMaxConfigBytes);
  if (!json && json.status().code() == StatusCode::not_found) return Status::ok();
  if (!json) return json.status();
  const Status status = apply_config(*json, options);
  return status ? status : Status(status.code(), fmt::format("{}: {}", path, status.message()));
}

// The special tokens of every BERT vocabulary. [CLS], [SEP] and [UNK] have to be there.
Status find_special_tokens(const std::string& path, BertTokenizerParts& parts) {
  const std::pair<std::string, std::int32_t*> needed[] = {
      {"[CLS]", &parts.cls_id}, {"[SEP]", &parts.sep_id}, {"[UNK]", &parts.word_piece.unknown_id}};
  for (const auto& [name, id] : needed) {
    const auto found = parts.vocabulary.find(name);
    if (found == parts.vocabulary.end())
      return {StatusCode::corrupt, fmt::format("{}: {} is not in the vocabulary", path, name)};
    *id = found->second;
  }
  for (const char* name : {"[UNK]", "[SEP]", "[CLS]", "[PAD]", "[MASK]"}) {
    const auto found = parts.vocabulary.find(std::string_view(name));
    if (found != parts.vocabulary.end()) parts.raw_tokens.push_back({name, found->second});
  }
  const auto pad = parts.vocabulary.find(std::string_view("[PAD]"));
  if (pad != parts.vocabulary.end()) parts.pad_id = pad->second;
  return Status::ok();
}

}  // namespace

Result<BertTokenizerParts> read_vocabulary(const std::string& folder) {
  const std::string path = folder + "/vocab.txt";
  auto text = read_text_file(path, kMaxVocabularyBytes);
  if (!text) return text.status();
  BertTokenizerParts parts;
  parts.vocabulary = parse_lines(*text);
  MEMO_RETURN_IF_ERROR(read_config(folder + "/tokenizer_config.json", parts.normalizer));
  MEMO_RETURN_IF_ERROR(find_special_tokens(path, parts));
  return parts;
}

}  // namespace memo
