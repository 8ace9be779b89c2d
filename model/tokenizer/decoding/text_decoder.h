// TextDecoder: ids in, text out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "memo/status.h"
#include "model/tokenizer/decoding/decoders.h"
#include "model/tokenizer/decoding/token_texts.h"

namespace memo {

// Decoders in a row. Then the tokens are put together, with a space between two where a file has no decoder.
struct DecoderChain {
  std::vector<std::unique_ptr<Decoder>> steps;
  bool spaces = false;
};

// Threads: any, after construction.
class TextDecoder {
 public:
  TextDecoder() = default;
  // A chain that could not be read is refused when it is first needed: most users of a tokenizer never decode.
  TextDecoder(TokenTexts texts, Result<DecoderChain> chain);

  const TokenTexts& texts() const { return texts_; }

  // The text of the ids. Ids that no token has are skipped, as are special tokens where the caller wants that.
  // Errors: as those of the chain; unsupported (a chain that makes very long texts).
  Result<std::string> decode(std::span<const std::int32_t> ids, bool skip_special_tokens) const;

 private:
  TokenTexts texts_;
  Status refusal_ = Status::ok();
  DecoderChain chain_;
};

}  // namespace memo
