#include "model/tokenizer/declared/overrides.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/tokenizer/json/json_fields.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Overrides = TokenizerClass::Overrides;

// A flag that is there has to be true or false.
Status read_config_flag(const TokenizerFolder& folder, const char* field, bool& value) {
  const auto found = folder.config.find(field);
  if (found == folder.config.end()) return Status::ok();
  if (!found->is_boolean())
    return in_file(folder.file("tokenizer_config.json"),
                   wrong(StatusCode::corrupt, field, fmt::format("is {}, not a boolean", shown(*found))));
  value = found->get<bool>();
  return Status::ok();
}

Status missing(const TokenizerFolder& folder, const char* field) {
  return in_file(folder.file("tokenizer.json"),
                 wrong(StatusCode::unsupported, field,
                       fmt::format("is null; the tokenizer_class {} needs one", folder.kind->name)));
}

struct BertFields {
  bool lowercase = true;
  bool chinese_characters = true;
  Json strip_accents;  // null: as lowercase
};

Result<BertFields> read_bert_fields(const TokenizerFolder& folder) {
  BertFields fields;
  MEMO_RETURN_IF_ERROR(read_config_flag(folder, "do_lower_case", fields.lowercase));
  MEMO_RETURN_IF_ERROR(read_config_flag(folder, "tokenize_chinese_chars", fields.chinese_characters));
  fields.strip_accents = at_path(folder.config, "strip_accents");
  bool unused = false;
  if (!fields.strip_accents.is_null()) MEMO_RETURN_IF_ERROR(read_config_flag(folder, "strip_accents", unused));
  return fields;
}

// A normalizer other than BertNormalizer is not changed.
Status override_bert(const TokenizerFolder& folder, Json& tokenizer) {
  MEMO_ASSIGN_OR_RETURN(const auto fields, read_bert_fields(folder));
  const auto normalizer = tokenizer.find("normalizer");
  if (normalizer == tokenizer.end() || normalizer->is_null()) return missing(folder, "normalizer");
  if (at_path(*normalizer, "type") != "BertNormalizer") return Status::ok();
  (*normalizer)["lowercase"] = fields.lowercase;
  (*normalizer)["strip_accents"] = fields.strip_accents;
  if (folder.kind->overrides == Overrides::bert) (*normalizer)["handle_chinese_chars"] = fields.chinese_characters;
  return Status::ok();
}

// RoBERTa's class says how places are trimmed, where the post-processor does that.
void override_trimming(const TokenizerFolder& folder, bool prefix, Json& tokenizer) {
  const auto processor = tokenizer.find("post_processor");
  if (folder.kind->name != "RobertaTokenizer" || processor == tokenizer.end()) return;
  if (processor->contains("add_prefix_space")) (*processor)["add_prefix_space"] = prefix;
  if (processor->contains("trim_offsets"))
    (*processor)["trim_offsets"] = at_path(folder.config, "trim_offsets") != false;
}

Status override_prefix_space(const TokenizerFolder& folder, Json& tokenizer) {
  bool prefix = false;
  MEMO_RETURN_IF_ERROR(read_config_flag(folder, "add_prefix_space", prefix));
  const auto pre_tokenizer = tokenizer.find("pre_tokenizer");
  if (pre_tokenizer == tokenizer.end() || pre_tokenizer->is_null()) return missing(folder, "pre_tokenizer");
  if (at_path(*pre_tokenizer, "type") == "ByteLevel") (*pre_tokenizer)["add_prefix_space"] = prefix;
  override_trimming(folder, prefix, tokenizer);
  return Status::ok();
}

}  // namespace

Status apply_overrides(const TokenizerFolder& folder, Json& tokenizer) {
  if (folder.kind == nullptr) return Status::ok();
  const Overrides overrides = folder.kind->overrides;
  if (overrides == Overrides::none) return Status::ok();
  return overrides == Overrides::prefix_space ? override_prefix_space(folder, tokenizer)
                                              : override_bert(folder, tokenizer);
}

Result<Json> declared_bert_normalizer(const TokenizerFolder& folder) {
  MEMO_ASSIGN_OR_RETURN(const auto fields, read_bert_fields(folder));
  return Json{{"type", "BertNormalizer"},
              {"clean_text", true},
              {"handle_chinese_chars", fields.chinese_characters},
              {"strip_accents", fields.strip_accents},
              {"lowercase", fields.lowercase}};
}

void lowercase_first(Json& tokenizer) {
  if (!tokenizer.is_object()) return;
  const Json lowercase = {{"type", "Lowercase"}};
  const Json normalizer = at_path(tokenizer, "normalizer");
  Json members = Json::array({lowercase});
  if (at_path(normalizer, "type") == "Sequence" && at_path(normalizer, "normalizers").is_array()) {
    for (const Json& member : normalizer["normalizers"]) members.push_back(member);
  } else if (!normalizer.is_null()) {
    members.push_back(normalizer);
  }
  const auto lowers = [](const Json& member) { return at_path(member, "type") == "Lowercase"; };
  if (std::any_of(members.begin() + 1, members.end(), lowers)) return;
  tokenizer["normalizer"] = {{"type", "Sequence"}, {"normalizers", std::move(members)}};
}

}  // namespace memo
