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
  // [CLS] ... [SEP], truncated to max_length ids special tokens included. Bytes that are not UTF-8 are read as
  // U+FFFD. Requires: max_length >= 2.
  virtual std::vector<std::int32_t> encode(std::string_view text, std::size_t max_length) const = 0;
  virtual std::int32_t vocabulary_size() const = 0;
  virtual std::int32_t pad_id() const = 0;
};

// Reads tokenizer.json of the folder, else vocab.txt with tokenizer_config.json where there is one.
// Errors: not_found, corrupt, unsupported (a model or normalizer that is not WordPiece/BERT), naming the file.
Result<std::unique_ptr<Tokenizer>> load_tokenizer(const std::string& folder);

}  // namespace memo
