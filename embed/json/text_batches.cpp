#include "embed/json/text_batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

namespace memo {

Result<TextReader> TextReader::open(const TextSource& source) {
  MEMO_ASSIGN_OR_RETURN(JsonLineReader lines, JsonLineReader::open(source.path));
  return TextReader(source, std::move(lines));
}

Result<Text> TextReader::text_of(const JsonLine& line) const {
  MEMO_ASSIGN_OR_RETURN(std::string text, string_field(lines_, line, source_.text_field));
  const std::optional<std::string_view> id = line.raw(source_.id_field);
  Text read{id ? without_spaces(*id) : std::to_string(line.number()), std::move(text)};
  if (source_.pair_field.empty()) return read;
  MEMO_ASSIGN_OR_RETURN(read.pair, string_field(lines_, line, source_.pair_field));
  return read;
}

Result<std::vector<Text>> TextReader::next(std::size_t count) {
  std::vector<Text> texts;
  while (texts.size() < count && (source_.limit == 0 || read_ < source_.limit)) {
    MEMO_ASSIGN_OR_RETURN(const std::optional<JsonLine> line, lines_.next());
    if (!line.has_value()) break;
    MEMO_ASSIGN_OR_RETURN(Text text, text_of(*line));
    texts.push_back(std::move(text));
    ++read_;
  }
  return texts;
}

double TextReader::fraction() const {
  const double of_limit = source_.limit == 0 ? 0 : static_cast<double>(read_) / static_cast<double>(source_.limit);
  return std::max(lines_.fraction(), of_limit);
}

Result<std::vector<Text>> sample_texts(TextSource source, std::uint64_t seed) {
  const std::uint64_t limit = std::exchange(source.limit, 0);
  MEMO_ASSIGN_OR_RETURN(TextReader reader, TextReader::open(source));
  std::vector<Text> texts;
  for (;;) {
    MEMO_ASSIGN_OR_RETURN(std::vector<Text> next, reader.next(64));
    if (next.empty()) break;
    std::move(next.begin(), next.end(), std::back_inserter(texts));
  }
  if (limit == 0 || limit >= texts.size()) return texts;
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < limit; ++i) std::swap(texts[i], texts[i + random() % (texts.size() - i)]);
  texts.resize(limit);
  return texts;
}

}  // namespace memo
