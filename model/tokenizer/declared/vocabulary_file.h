// Reads vocab.txt, the form in which older BERT models publish their tokenizer.
#pragma once

#include "embed/json/json_text.h"
#include "memo/status.h"
#include "model/tokenizer/declared/tokenizer_folder.h"

namespace memo {

// Reads vocab.txt, with one piece per line, and returns the tokenizer.json that the transformers package makes of
// it and of tokenizer_config.json. Requires: the folder's class reads_vocabulary.
// Errors: not_found, corrupt, unsupported, naming the file and the field.
Result<nlohmann::json> read_vocabulary(const TokenizerFolder& folder);

}  // namespace memo
