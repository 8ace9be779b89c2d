// Reads tokenizer.json, in which every family of tokenizers is published: added tokens, normalizer, pre-tokenizer,
// model and post-processor, each with a type of its own.
#pragma once

#include <memory>
#include <string>

#include "client/status.h"
#include "model/tokenizer/tokenizer.h"

namespace memo {

// The file as the `tokenizers` package writes it. Its truncation and padding are left to the caller.
// Errors: not_found, corrupt, unsupported, naming the file, the field and its value.
Result<std::unique_ptr<Tokenizer>> read_tokenizer_json(const std::string& path);

}  // namespace memo
