// The post-processor of a tokenizer.json.
#pragma once

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/subwords/special_tokens.h"

namespace memo {

// `json` is the field "post_processor"; null means none.
// Errors: unsupported (another type, a template that is not tokens around one text), corrupt; naming the field.
Result<SpecialTokens> read_post_processor(const nlohmann::json& json);

}  // namespace memo
