// The decoder of a tokenizer.json.
#pragma once

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/decoding/text_decoder.h"

namespace memo {

// `json` is the field "decoder"; null puts tokens together with spaces between them.
// Errors: unsupported (an unknown decoder, a regular expression), corrupt; naming the field in it.
Result<DecoderChain> read_decoder(const nlohmann::json& json);

}  // namespace memo
