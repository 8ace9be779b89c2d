// Tokenizers: text in, ids out, identical to the `tokenizers` package on the same tokenizer.json.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/status.h"

namespace memo {

// Threads: any, after loading.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // The ids of a text between the special tokens that the file asks for: [CLS] ... [SEP], <s> ... </s>, or none
  // (GPT-2). Truncated to max_length ids, the special tokens included and kept. Never empty: a text without any
  // id is one end-of-text token, e.g. <|endoftext|>. Bytes that are not UTF-8 are read as U+FFFD.
  // Requires: max_length >= 2.
  virtual std::vector<std::int32_t> encode(std::string_view text, std::size_t max_length) const = 0;
  virtual std::int32_t vocabulary_size() const = 0;
  // 0 where the vocabulary has no padding (GPT-2): whatever pads is masked.
  virtual std::int32_t pad_id() const = 0;
};

// Reads tokenizer.json of the folder (WordPiece, byte-level BPE, Unigram), else vocab.txt with
// tokenizer_config.json where there is one.
// Errors: not_found, corrupt, unsupported (another kind of tokenizer, or only a file such as spm.model), naming
// the file and the field.
Result<std::unique_ptr<Tokenizer>> load_tokenizer(const std::string& folder);

}  // namespace memo
