#include "model/tokenizer/decoding/text_decoder.h"

#include <fmt/format.h>

namespace memo {
namespace {

// What a text may grow to on its way through the decoders: only a hostile file gets this far.
constexpr std::size_t kMaxGrowth = 16;
constexpr std::size_t kMaxPlainBytes = 4096;

std::size_t bytes_of(const std::vector<std::string>& tokens) {
  std::size_t bytes = 0;
  for (const std::string& token : tokens) bytes += token.size();
  return bytes;
}

}  // namespace

TextDecoder::TextDecoder(TokenTexts texts, Result<DecoderChain> chain) : texts_(std::move(texts)) {
  if (chain) {
    chain_ = std::move(chain).value();
  } else {
    refusal_ = chain.status();
  }
}

Result<std::string> TextDecoder::decode(std::span<const std::int32_t> ids, bool skip_special_tokens) const {
  MEMO_RETURN_IF_ERROR(refusal_);
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids)
    if (const auto token = texts_.find(id); token && !(skip_special_tokens && token->special))
      tokens.emplace_back(token->text);
  const std::size_t max_bytes = kMaxGrowth * bytes_of(tokens) + kMaxPlainBytes;
  for (const auto& step : chain_.steps) {
    step->apply(tokens);
    if (bytes_of(tokens) > max_bytes)
      return Status(
          StatusCode::unsupported,
          fmt::format("tokenizer.json: decoder makes more than {} bytes of {} tokens", max_bytes, ids.size()));
  }
  std::string text;
  for (const std::string& token : tokens) {
    if (chain_.spaces && &token != &tokens.front()) text.push_back(' ');
    text.append(token);
  }
  return text;
}

}  // namespace memo
