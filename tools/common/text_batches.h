// Texts from a JSON Lines file, and their tokens in batches.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/status.h"
#include "model/checkpoint/checkpoint.h"
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

// All texts of a source; or, where it has a limit, that many of all, drawn by the seed, the same on every machine. (Files
// are often ordered by class: the first texts may be of one.)
// Errors: as TextReader.
Result<std::vector<Text>> sample_texts(TextSource source, std::uint64_t seed);

using Tokens = std::vector<std::int32_t>;

// A model with its tokenizer.
struct LoadedModel {
  Checkpoint checkpoint;
  std::unique_ptr<Tokenizer> tokenizer;
  // Errors: as Checkpoint::load and load_tokenizer; corrupt (the tokenizer has ids that the model has not).
  static Result<LoadedModel> load(const std::string& folder);
};

// The longest sequence to use: `wanted`, or the default when that is 0.
// Errors: invalid_argument.
Result<std::uint32_t> choose_length(std::uint32_t wanted, const ModelConfig& config);

}  // namespace memo
