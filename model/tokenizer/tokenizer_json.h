// Reads the two ways in which a BERT tokenizer is published.
#pragma once

#include <string>

#include "client/status.h"
#include "model/tokenizer/bert_tokenizer.h"

namespace memo {

// tokenizer.json, as the `tokenizers` package writes it. Its truncation and padding are left to the caller.
// Errors: not_found, corrupt, unsupported, naming the file and the field.
Result<BertTokenizerParts> read_tokenizer_json(const std::string& path);

// vocab.txt, one piece a line, and tokenizer_config.json beside it where there is one.
// Errors: as read_tokenizer_json.
Result<BertTokenizerParts> read_vocabulary(const std::string& folder);

}  // namespace memo
