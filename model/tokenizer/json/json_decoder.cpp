#include "model/tokenizer/json/json_decoder.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

#include "model/tokenizer/json/json_fields.h"
#include "model/tokenizer/json/read_metaspace.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Decoders = std::vector<std::unique_ptr<Decoder>>;

// Bounds what a text can grow to, and the time it takes.
constexpr std::size_t kMaxDecoders = 16;
constexpr std::size_t kMaxReplacingBytes = 64;

Status add_word_piece(const Json& json, const std::string& name, Decoders& steps) {
  std::string prefix;
  bool cleanup = true;
  MEMO_RETURN_IF_ERROR(require_string(json, name, "prefix", prefix));
  MEMO_RETURN_IF_ERROR(read_flag(json, name, "cleanup", cleanup));
  steps.push_back(std::make_unique<WordPieceDecoder>(std::move(prefix), cleanup));
  return Status::ok();
}

Status add_metaspace(const Json& json, const std::string& name, Decoders& steps) {
  MetaspaceOptions options;
  MEMO_RETURN_IF_ERROR(read_metaspace(json, name, options));
  const bool prepends = options.prepend != MetaspaceOptions::Prepend::never;
  steps.push_back(std::make_unique<MetaspaceDecoder>(std::move(options.replacement), prepends));
  return Status::ok();
}

Status add_bpe(const Json& json, const std::string& name, Decoders& steps) {
  std::string suffix = "</w>";
  MEMO_RETURN_IF_ERROR(read_string(json, name, "suffix", suffix));
  if (suffix.empty()) return wrong(StatusCode::unsupported, name + ".suffix", "is empty");
  steps.push_back(std::make_unique<BpeDecoder>(std::move(suffix)));
  return Status::ok();
}

Status add_replace(const Json& json, const std::string& name, Decoders& steps) {
  const Json& pattern = at_path(json, "pattern.String");
  std::string content;
  MEMO_RETURN_IF_ERROR(require_string(json, name, "content", content));
  const Json& regex = at_path(json, "pattern.Regex");
  if (!regex.is_null())
    return wrong(StatusCode::unsupported, name + ".pattern.Regex",
                 fmt::format("is {}, supported is a String", shown(regex)));
  if (!pattern.is_string() || pattern == "")
    return wrong(StatusCode::unsupported, name + ".pattern.String",
                 fmt::format("is {}, must be a string that is not empty", shown(pattern)));
  if (content.size() > kMaxReplacingBytes)
    return wrong(StatusCode::unsupported, name + ".content",
                 fmt::format("has {} bytes, at most {} are supported", content.size(), kMaxReplacingBytes));
  steps.push_back(std::make_unique<ReplaceDecoder>(pattern.get<std::string>(), std::move(content)));
  return Status::ok();
}

Status read_count(const Json& json, const std::string& name, const char* field, std::size_t& count) {
  const Json& value = at_path(json, field);
  if (!value.is_number_unsigned())
    return wrong(StatusCode::corrupt, fmt::format("{}.{}", name, field),
                 fmt::format("is {}, not a number of characters", shown(value)));
  count = value.get<std::size_t>();
  return Status::ok();
}

Status add_strip(const Json& json, const std::string& name, Decoders& steps) {
  std::string character;
  std::size_t left = 0;
  std::size_t right = 0;
  MEMO_RETURN_IF_ERROR(require_string(json, name, "content", character));
  if (!is_one_character(character)) return wrong(StatusCode::corrupt, name + ".content", "is not one character");
  MEMO_RETURN_IF_ERROR(read_count(json, name, "start", left));
  MEMO_RETURN_IF_ERROR(read_count(json, name, "stop", right));
  steps.push_back(std::make_unique<StripDecoder>(std::move(character), left, right));
  return Status::ok();
}

std::unique_ptr<Decoder> simple_decoder(const Json& type) {
  if (type == "ByteLevel") return std::make_unique<ByteLevelDecoder>();
  if (type == "ByteFallback") return std::make_unique<ByteFallbackDecoder>();
  if (type == "Fuse") return std::make_unique<FuseDecoder>();
  return nullptr;
}

Status add_decoder(const Json& json, const std::string& name, Decoders& steps);

Status add_decoders(const Json& json, const std::string& name, Decoders& steps) {
  const Json& members = at_path(json, "decoders");
  if (!members.is_array()) return wrong(StatusCode::corrupt, name + ".decoders", "is not an array");
  for (std::size_t i = 0; i < members.size(); ++i)
    MEMO_RETURN_IF_ERROR(add_decoder(members[i], fmt::format("{}.decoders[{}]", name, i), steps));
  return Status::ok();
}

// The JSON reader limits how deeply these are nested.
Status add_decoder(const Json& json, const std::string& name, Decoders& steps) {
  const Json& type = at_path(json, "type");
  if (steps.size() >= kMaxDecoders)
    return wrong(StatusCode::unsupported, name, fmt::format("is one more than {} decoders", kMaxDecoders));
  if (type == "Sequence") return add_decoders(json, name, steps);
  if (type == "WordPiece") return add_word_piece(json, name, steps);
  if (type == "Metaspace") return add_metaspace(json, name, steps);
  if (type == "BPEDecoder") return add_bpe(json, name, steps);
  if (type == "Replace") return add_replace(json, name, steps);
  if (type == "Strip") return add_strip(json, name, steps);
  auto decoder = simple_decoder(type);
  if (decoder == nullptr)
    return unsupported_type(
        json, name,
        "Sequence, WordPiece, ByteLevel, Metaspace, BPEDecoder, ByteFallback, Replace, Fuse and Strip");
  steps.push_back(std::move(decoder));
  return Status::ok();
}

}  // namespace

Result<DecoderChain> read_decoder(const Json& json) {
  DecoderChain chain;
  chain.spaces = json.is_null();
  if (!json.is_null()) MEMO_RETURN_IF_ERROR(add_decoder(json, "decoder", chain.steps));
  return chain;
}

}  // namespace memo
