// The normalizer of a tokenizer.json.
#pragma once

#include <memory>

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/normalizing/bert_normalizer.h"
#include "model/tokenizer/normalizing/normalizer.h"

namespace memo {

// `json` is the field "normalizer"; null means none.
// Errors: unsupported (another type, or an option of it), corrupt; naming the field.
Result<std::unique_ptr<Normalizer>> read_normalizer(const nlohmann::json& json);

// Errors: unsupported (not a BertNormalizer), corrupt.
Status read_bert_normalizer(const nlohmann::json& json, const std::string& name, NormalizerOptions& options);

}  // namespace memo
