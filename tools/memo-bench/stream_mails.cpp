#include "tools/memo-bench/stream_mails.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/common/json_lines.h"

namespace memo {

Result<StreamTexts> read_stream(const std::string& path, std::uint64_t limit) {
  Result<JsonLineReader> reader = JsonLineReader::open(path);
  if (!reader) return reader.status();
  StreamTexts stream;
  stream.dated = true;
  for (;;) {
    const Result<std::optional<JsonLine>> line = reader->next();
    if (!line) return line.status();
    if (!*line) break;
    Result<std::string> text = string_field(*reader, **line, "text");
    if (!text) return text.status();
    const auto date = (*line)->object.find("date");
    const bool has_date = date != (*line)->object.end() && date->is_number_integer();
    stream.dated = stream.dated && has_date;
    stream.texts.push_back({std::move(*text), has_date ? date->get<std::int64_t>() : 0});
  }
  if (stream.texts.empty()) return Status(StatusCode::invalid_argument, fmt::format("{}: no texts", path));
  if (stream.dated)
    std::stable_sort(stream.texts.begin(), stream.texts.end(),
                     [](const StreamText& a, const StreamText& b) { return a.date < b.date; });
  if (limit > 0 && limit < stream.texts.size()) stream.texts.resize(limit);
  return stream;
}

}  // namespace memo
