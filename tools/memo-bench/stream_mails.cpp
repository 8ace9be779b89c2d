#include "tools/memo-bench/stream_mails.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/common/json_lines.h"

namespace memo {

Result<StreamTexts> read_stream(const std::string& path, std::uint64_t limit) {
  Result<JsonLineReader> reader = JsonLineReader::open(path);
  if (!reader) return reader.status();
  StreamTexts stream;
  std::int64_t latest = 0;
  for (;;) {
    const Result<std::optional<JsonLine>> line = reader->next();
    if (!line) return line.status();
    if (!*line) break;
    Result<std::string> text = string_field(*reader, **line, "text");
    if (!text) return text.status();
    const auto date = (*line)->object.find("date");
    const bool has_date = date != (*line)->object.end() && date->is_number_integer();
    if (has_date) latest = date->get<std::int64_t>();
    stream.dated += has_date ? 1 : 0;
    stream.texts.push_back({std::move(*text), latest});
  }
  if (stream.texts.empty()) return Status(StatusCode::invalid_argument, fmt::format("{}: no texts", path));
  std::stable_sort(stream.texts.begin(), stream.texts.end(),
                   [](const StreamText& a, const StreamText& b) { return a.date < b.date; });
  if (limit > 0 && limit < stream.texts.size()) stream.texts.resize(limit);
  return stream;
}

}  // namespace memo
