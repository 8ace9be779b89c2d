// sentence_bert_config.json: what the Transformer module of a folder does besides running its checkpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "memo/status.h"

namespace memo {

struct TransformerSettings {
  std::string file;                        // the file that was read; empty: there is none
  std::optional<std::int64_t> max_length;  // tokens
  bool lowercase = false;                  // texts are lowered before the tokenizer's own normalizer
  bool scores = false;                     // the module makes scores (a cross-encoder), not states

  // Reads sentence_bert_config.json or one of its older names (sentence_roberta_config.json, …); defaults without.
  // Errors: as read_json_file; corrupt, unsupported (a field or value that is not supported here).
  static Result<TransformerSettings> read(const std::string& folder);
};

}  // namespace memo
