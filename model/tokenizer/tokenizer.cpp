#include "model/tokenizer/tokenizer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cassert>
#include <filesystem>

#include "embed/json/json_text.h"
#include "model/tokenizer/declared/declaration.h"
#include "model/tokenizer/declared/overrides.h"
#include "model/tokenizer/declared/tokenizer_folder.h"
#include "model/tokenizer/declared/vocabulary_file.h"
#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/tokenizer_json.h"

namespace memo {
namespace {

constexpr std::size_t kMaxTokenizerBytes = std::size_t{64} << 20;

// Other forms in which tokenizers are published; none of them is supported.
constexpr const char* kUnreadFiles[] = {"spm.model", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model",
                                        "merges.txt"};

Status nothing_to_read(const std::string& folder) {
  std::error_code ignored;
  for (const char* name : kUnreadFiles)
    if (std::filesystem::exists(folder + "/" + name, ignored))
      return {StatusCode::unsupported,
              fmt::format("{}: has {} but no tokenizer.json; convert it with the transformers package: "
                          "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)",
                          folder, name)};
  return {StatusCode::not_found, fmt::format("{}: has neither tokenizer.json nor vocab.txt", folder)};
}

Result<nlohmann::json> without_tokenizer_json(const TokenizerFolder& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder.file("vocab.txt"), ignored)) return nothing_to_read(folder.path);
  if (folder.kind != nullptr && folder.kind->reads_vocabulary) return read_vocabulary(folder);
  const std::string kind(folder.kind == nullptr ? "no class" : folder.kind->name);
  return Status(StatusCode::unsupported,
                fmt::format("{}: is read for a BERT tokenizer only, and the folder names {} by tokenizer_class or "
                            "model_type; convert it with the transformers package: "
                            "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)",
                            folder.file("vocab.txt"), kind));
}

}  // namespace

PairEncoding Tokenizer::encode_pair(std::string_view, std::string_view, const EncodeOptions&) const {
  assert(!"takes_pairs()");
  return {};
}

bool Tokenizer::is_special(std::int32_t id) const {
  return std::binary_search(traits_.special_ids.begin(), traits_.special_ids.end(), id);
}

Result<std::unique_ptr<Tokenizer>> load_tokenizer(const std::string& path, const TokenizerOptions& options) {
  MEMO_ASSIGN_OR_RETURN(auto folder, read_tokenizer_folder(path));
  std::string source = folder.file("tokenizer.json");
  auto json = read_json_file(source, kMaxTokenizerBytes);
  if (!json && json.status().code() == StatusCode::not_found) {
    source = folder.file("vocab.txt");
    json = without_tokenizer_json(folder);
  }
  if (!json) return json.status();
  MEMO_ASSIGN_OR_RETURN(const auto declaration, read_declaration(folder, *json));
  // Added tokens are normalized as the file says, before overrides change its normalizer.
  const nlohmann::json token_normalizer = at_path(*json, "normalizer");
  MEMO_RETURN_IF_ERROR(apply_overrides(folder, *json));
  if (options.lowercase) lowercase_first(*json);
  auto tokenizer = make_tokenizer(*json, token_normalizer, declaration);
  if (!tokenizer) return in_file(source, tokenizer.status());
  return tokenizer;
}

}  // namespace memo
