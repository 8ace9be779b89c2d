// The splitting pre-tokenizers of a tokenizer.json.
#pragma once

#include <memory>
#include <string>

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/splitting/pre_tokenizer.h"

namespace memo {

inline constexpr const char* kSplittingTypes =
    "Split, Digits, Punctuation, Whitespace, WhitespaceSplit and BertPreTokenizer";

// Nothing where the type is none of these. `name` is the object's own path, for messages.
// Errors: unsupported (a regular expression), corrupt; naming the field.
Result<std::unique_ptr<PreTokenizer>> read_splitting(const nlohmann::json& json, const std::string& name);

}  // namespace memo
