// Overrides: fields of tokenizer_config.json that take precedence over those of tokenizer.json.
#pragma once

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/declared/tokenizer_folder.h"

namespace memo {

// Changes the normalizer or the pre-tokenizer of `tokenizer`, the content of tokenizer.json, as the class does.
// Errors: corrupt (a field of another type), unsupported (there is nothing to change), naming file and field.
Status apply_overrides(const TokenizerFolder& folder, nlohmann::json& tokenizer);

// Puts Lowercase before the normalizer, unless that is or contains one: this is do_lower_case of
// sentence-transformers.
void lowercase_first(nlohmann::json& tokenizer);

// "normalizer" of a folder with vocab.txt alone. Errors: as apply_overrides.
Result<nlohmann::json> declared_bert_normalizer(const TokenizerFolder& folder);

}  // namespace memo
