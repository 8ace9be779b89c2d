#include "tools/common/text_batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

namespace memo {

Result<TextReader> TextReader::open(const TextSource& source) {
  Result<JsonLineReader> lines = JsonLineReader::open(source.path);
  if (!lines) return lines.status();
  return TextReader(source, std::move(*lines));
}

Result<Text> TextReader::text_of(const JsonLine& line) const {
  Result<std::string> text = string_field(lines_, line, source_.text_field);
  if (!text) return text.status();
  const std::optional<std::string_view> id = line.raw(source_.id_field);
  Text read{id ? without_spaces(*id) : std::to_string(line.number()), std::move(*text)};
  if (source_.pair_field.empty()) return read;
  Result<std::string> pair = string_field(lines_, line, source_.pair_field);
  if (!pair) return pair.status();
  read.pair = std::move(*pair);
  return read;
}

Result<std::vector<Text>> TextReader::next(std::size_t count) {
  std::vector<Text> texts;
  while (texts.size() < count && (source_.limit == 0 || read_ < source_.limit)) {
    const Result<std::optional<JsonLine>> line = lines_.next();
    if (!line) return line.status();
    if (!line->has_value()) break;
    Result<Text> text = text_of(**line);
    if (!text) return text.status();
    texts.push_back(std::move(*text));
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
  Result<TextReader> reader = TextReader::open(source);
  if (!reader) return reader.status();
  std::vector<Text> texts;
  for (;;) {
    Result<std::vector<Text>> next = reader->next(64);
    if (!next) return next.status();
    if (next->empty()) break;
    std::move(next->begin(), next->end(), std::back_inserter(texts));
  }
  if (limit == 0 || limit >= texts.size()) return texts;
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < limit; ++i) std::swap(texts[i], texts[i + random() % (texts.size() - i)]);
  texts.resize(limit);
  return texts;
}

}  // namespace memo
