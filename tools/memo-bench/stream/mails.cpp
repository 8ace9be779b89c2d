#include "tools/memo-bench/stream/mails.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>

#include "embed/json/json_lines.h"
#include "tools/memo-bench/store/workload/zipf.h"

namespace memo {

Result<StreamTexts> read_stream(const std::string& path, std::uint64_t limit) {
  MEMO_ASSIGN_OR_RETURN(JsonLineReader reader, JsonLineReader::open(path));
  StreamTexts stream;
  std::int64_t latest = 0;
  for (;;) {
    MEMO_ASSIGN_OR_RETURN(const std::optional<JsonLine> line, reader.next());
    if (!line) break;
    MEMO_ASSIGN_OR_RETURN(std::string text, string_field(reader, *line, "text"));
    const nlohmann::json date = line->value("date");
    const bool has_date = date.is_number_integer();
    if (has_date) latest = date.get<std::int64_t>();
    stream.dated += has_date ? 1 : 0;
    stream.texts.push_back({std::move(text), latest});
  }
  if (stream.texts.empty()) return Status(StatusCode::invalid_argument, fmt::format("{}: no texts", path));
  std::stable_sort(stream.texts.begin(), stream.texts.end(),
                   [](const StreamText& a, const StreamText& b) { return a.date < b.date; });
  if (limit > 0 && limit < stream.texts.size()) stream.texts.resize(limit);
  return stream;
}

std::vector<std::size_t> zipf_draws(std::size_t texts, std::size_t count, double skew, std::uint64_t seed) {
  SplitMix random(seed);
  std::vector<std::size_t> by_rank(texts);
  std::iota(by_rank.begin(), by_rank.end(), std::size_t{0});
  for (std::size_t left = by_rank.size(); left > 1; --left)
    std::swap(by_rank[left - 1], by_rank[random.next() % left]);
  const Zipf zipf(by_rank.size(), skew);
  std::vector<std::size_t> draws(count);
  for (std::size_t& draw : draws) draw = by_rank[zipf(random)];
  return draws;
}

StreamTexts draw_by_zipf(const StreamTexts& stream, double skew, std::uint64_t seed) {
  StreamTexts drawn;
  for (const std::size_t draw : zipf_draws(stream.texts.size(), stream.texts.size(), skew, seed))
    drawn.texts.push_back({stream.texts[draw].text, 0});
  return drawn;
}

}  // namespace memo
