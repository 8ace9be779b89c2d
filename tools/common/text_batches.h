// Texts from a JSON Lines file, and their tokens in batches.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/status.h"
#include "model/checkpoint/bert_checkpoint.h"
#include "model/engine/token_batch.h"
#include "model/tokenizer/tokenizer.h"
#include "tools/common/json_lines.h"

namespace memo {

struct TextSource {
  std::string path;
  std::string text_field = "text";
  std::string id_field = "id";
  std::uint64_t limit = 0;  // texts read; 0: all
};

struct Text {
  nlohmann::json id;  // as in the file; the line's number where there is none
  std::string text;
};

class TextReader {
 public:
  // Errors: not_found.
  static Result<TextReader> open(const TextSource& source);
  // Up to `count` texts, in order; fewer only at the end.
  // Errors: invalid_argument naming file and line.
  Result<std::vector<Text>> next(std::size_t count);
  double fraction() const;

 private:
  TextReader(const TextSource& source, JsonLineReader lines) : source_(source), lines_(std::move(lines)) {}
  Result<Text> text_of(const JsonLine& line) const;

  TextSource source_;
  JsonLineReader lines_;
  std::uint64_t read_ = 0;
};

using Tokens = std::vector<std::int32_t>;

// Indices of `sequences` from short to long, cut into at most `parts` runs of about equally many tokens: little
// padding in each, and workers that end together.
std::vector<std::vector<std::size_t>> split_by_length(std::span<const Tokens> sequences, std::size_t parts);

// Requires: indices is not empty.
TokenBatch pad_selected(std::span<const Tokens> sequences, std::span<const std::size_t> indices,
                        std::int32_t pad_id);

// A model with its tokenizer.
struct LoadedModel {
  BertCheckpoint checkpoint;
  std::unique_ptr<Tokenizer> tokenizer;
  // Errors: as BertCheckpoint::load and load_tokenizer; corrupt (the tokenizer has ids that the model has not).
  static Result<LoadedModel> load(const std::string& folder);
};

// The longest sequence to use: `wanted`, or the default when that is 0.
// Errors: invalid_argument.
Result<std::uint32_t> choose_length(std::uint32_t wanted, const BertConfig& config);

}  // namespace memo
