// The pre-tokenizer of a tokenizer.json.
#pragma once

#include <memory>

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/splitting/pre_tokenizer.h"

namespace memo {

// `json` is the field "pre_tokenizer"; null means none.
// Errors: unsupported (another type, or an option of it), corrupt; naming the field.
Result<std::unique_ptr<PreTokenizer>> read_pre_tokenizer(const nlohmann::json& json);

}  // namespace memo
