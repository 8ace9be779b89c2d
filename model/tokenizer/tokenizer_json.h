// Makes a tokenizer from a tokenizer.json, the form in which every family of tokenizers is published: added
// tokens, normalizer, pre-tokenizer, model and post-processor, each with its own type.
#pragma once

#include <memory>

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/declared/declaration.h"
#include "model/tokenizer/tokenizer.h"

namespace memo {

// `json` is the file as the `tokenizers` package writes it. Added tokens that are normalized are so by
// `token_normalizer`, a normalizer like that of the file. Truncation and padding are left to the caller.
// Errors: corrupt, unsupported, naming the field and its value.
Result<std::unique_ptr<Tokenizer>> make_tokenizer(const nlohmann::json& json,
                                                  const nlohmann::json& token_normalizer,
                                                  const Declaration& declaration);

}  // namespace memo
