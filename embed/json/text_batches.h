// Texts from a JSON Lines file, in batches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "embed/json/json_lines.h"
#include "memo/status.h"

namespace memo {

struct TextSource {
  std::string path;
  std::string text_field = "text";
  std::string id_field = "id";
  std::string pair_field;   // with the second text of a pair; empty: there are no pairs
  std::uint64_t limit = 0;  // texts read; 0: all
};

struct Text {
  std::string id;  // JSON, as it is written in the file; the line's number where there is none
  std::string text;
  std::optional<std::string> pair = std::nullopt;  // where the source has a field for it
};

class TextReader {
 public:
  // Errors: not_found.
  static Result<TextReader> open(const TextSource& source);
  // Up to `count` texts, in order; fewer only at the end.
  // Errors: invalid_argument naming file, line and column.
  Result<std::vector<Text>> next(std::size_t count);
  double fraction() const;

 private:
  TextReader(const TextSource& source, JsonLineReader lines) : source_(source), lines_(std::move(lines)) {}
  Result<Text> text_of(const JsonLine& line) const;

  TextSource source_;
  JsonLineReader lines_;
  std::uint64_t read_ = 0;
};

// All texts of a source; or, where it has a limit, that many of them, drawn by the seed, the same on every
// machine. (Files are often ordered by class: the first texts may all be of one class.)
// Errors: as TextReader.
Result<std::vector<Text>> sample_texts(TextSource source, std::uint64_t seed);

}  // namespace memo
