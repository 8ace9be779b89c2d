#include "model/tokenizer/json/json_normalizer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/normalizing/charsmap.h"
#include "model/tokenizer/normalizing/normalizers.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Normalizers = std::vector<std::unique_ptr<Normalizer>>;

// Bounds what a text can grow to, and the time it takes.
constexpr std::size_t kMaxNormalizers = 64;
constexpr std::size_t kMaxContentBytes = 64;

Status read_content(const Json& json, const std::string& name, const char* field, std::string& content) {
  MEMO_RETURN_IF_ERROR(require_string(json, name, field, content));
  if (content.size() <= kMaxContentBytes) return Status::ok();
  return wrong(StatusCode::unsupported, fmt::format("{}.{}", name, field),
               fmt::format("has {} bytes, at most {} are supported", content.size(), kMaxContentBytes));
}

// {"String": "..."}, or the one regular expression that is in use, {"Regex": " {2,}"}.
Status read_pattern(const Json& json, const std::string& name, ReplaceNormalizer::Pattern& pattern) {
  const Json& text = at_path(json, "pattern.String");
  if (at_path(json, "pattern.Regex") == " {2,}") {
    pattern = {" ", 2, true};
    return Status::ok();
  }
  if (text.is_string() && !text.get<std::string>().empty()) {
    pattern = {text.get<std::string>(), 1, false};
    return Status::ok();
  }
  return wrong(StatusCode::unsupported, name + ".pattern",
               R"(is neither {"String": "..."} nor {"Regex": " {2,}"})");
}

Status add_replace(const Json& json, const std::string& name, Normalizers& parts) {
  ReplaceNormalizer::Pattern pattern;
  std::string content;
  MEMO_RETURN_IF_ERROR(read_pattern(json, name, pattern));
  MEMO_RETURN_IF_ERROR(read_content(json, name, "content", content));
  parts.push_back(std::make_unique<ReplaceNormalizer>(std::move(pattern), std::move(content)));
  return Status::ok();
}

Status add_prepend(const Json& json, const std::string& name, Normalizers& parts) {
  std::string prefix;
  MEMO_RETURN_IF_ERROR(read_content(json, name, "prepend", prefix));
  parts.push_back(std::make_unique<PrependNormalizer>(std::move(prefix)));
  return Status::ok();
}

Status add_strip(const Json& json, const std::string& name, Normalizers& parts) {
  bool left = true;
  bool right = true;
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "strip_left", left));
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "strip_right", right));
  parts.push_back(std::make_unique<StripNormalizer>(left, right));
  return Status::ok();
}

Status add_charsmap(const Json& json, const std::string& name, Normalizers& parts) {
  std::string text;
  MEMO_RETURN_IF_ERROR(require_string(json, name, "precompiled_charsmap", text));
  auto bytes = decode_base64(text);
  auto charsmap = bytes ? Charsmap::parse(*bytes) : bytes.status();
  if (!charsmap)
    return wrong(charsmap.status().code(), name + ".precompiled_charsmap", charsmap.status().message());
  parts.push_back(std::make_unique<CharsmapNormalizer>(std::move(charsmap).value()));
  return Status::ok();
}

Status add_bert(const Json& json, const std::string& name, Normalizers& parts) {
  NormalizerOptions options;
  MEMO_RETURN_IF_ERROR(read_bert_normalizer(json, name, options));
  parts.push_back(std::make_unique<BertTextNormalizer>(options));
  return Status::ok();
}

std::unique_ptr<Normalizer> simple(const Json& type) {
  if (type == "Lowercase") return std::make_unique<LowercaseNormalizer>();
  if (type == "StripAccents") return std::make_unique<StripAccentsNormalizer>();
  const std::pair<const char*, NormalForm> forms[] = {
      {"NFC", {false, true}}, {"NFD", {false, false}}, {"NFKC", {true, true}}, {"NFKD", {true, false}}};
  for (const auto& [name, form] : forms)
    if (type == name) return std::make_unique<NormalFormNormalizer>(form);
  return nullptr;
}

Status add_normalizer(const Json& json, const std::string& name, Normalizers& parts);

Status add_normalizers(const Json& json, const std::string& name, Normalizers& parts) {
  const Json& members = at_path(json, "normalizers");
  if (!members.is_array()) return wrong(StatusCode::corrupt, name + ".normalizers", "is not an array");
  for (std::size_t i = 0; i < members.size(); ++i)
    MEMO_RETURN_IF_ERROR(add_normalizer(members[i], fmt::format("{}.normalizers[{}]", name, i), parts));
  return Status::ok();
}

// The JSON reader limits how deeply these are nested.
Status add_normalizer(const Json& json, const std::string& name, Normalizers& parts) {
  const Json& type = at_path(json, "type");
  if (parts.size() >= kMaxNormalizers)
    return wrong(StatusCode::unsupported, name, fmt::format("is one more than {} normalizers", kMaxNormalizers));
  if (type == "Sequence") return add_normalizers(json, name, parts);
  if (type == "Replace") return add_replace(json, name, parts);
  if (type == "Prepend") return add_prepend(json, name, parts);
  if (type == "Strip") return add_strip(json, name, parts);
  if (type == "Precompiled") return add_charsmap(json, name, parts);
  if (type == "BertNormalizer") return add_bert(json, name, parts);
  auto normalizer = simple(type);
  if (normalizer == nullptr)
    return unsupported_type(json, name,
                            "Sequence, Precompiled, Replace, Prepend, Strip, StripAccents, Lowercase, "
                            "NFC, NFD, NFKC, NFKD and BertNormalizer");
  parts.push_back(std::move(normalizer));
  return Status::ok();
}

}  // namespace

Status read_bert_normalizer(const Json& json, const std::string& name, NormalizerOptions& options) {
  if (at_path(json, "type") != "BertNormalizer") return unsupported_type(json, name, "BertNormalizer");
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "clean_text", options.clean_text));
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "handle_chinese_chars", options.handle_chinese_chars));
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "lowercase", options.lowercase));
  options.strip_accents = options.lowercase;  // what null means
  return read_flag(json, name, "strip_accents", options.strip_accents);
}

Result<std::unique_ptr<Normalizer>> read_normalizer(const Json& json) {
  Normalizers parts;
  if (!json.is_null()) MEMO_RETURN_IF_ERROR(add_normalizer(json, "normalizer", parts));
  return std::unique_ptr<Normalizer>(std::make_unique<NormalizerSequence>(std::move(parts)));
}

}  // namespace memo
