// Reads vocab.txt, in which older BERT models publish their tokenizer.
#pragma once

#include <string>

#include "client/status.h"
#include "model/tokenizer/bert_tokenizer.h"

namespace memo {

// vocab.txt, one piece a line, and tokenizer_config.json beside it where there is one.
// Errors: not_found, corrupt, naming the file and the field.
Result<BertTokenizerParts> read_vocabulary(const std::string& folder);

}  // namespace memo
