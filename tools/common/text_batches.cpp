#include "tools/common/text_batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace memo {

Result<TextReader> TextReader::open(const TextSource& source) {
  Result<JsonLineReader> lines = JsonLineReader::open(source.path);
  if (!lines) return lines.status();
  return TextReader(source, std::move(*lines));
}

Result<Text> TextReader::text_of(const JsonLine& line) const {
  Result<std::string> text = string_field(lines_, line, source_.text_field);
  if (!text) return text.status();
  const auto id = line.object.find(source_.id_field);
  return Text{id != line.object.end() ? *id : nlohmann::json(line.number), std::move(*text)};
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

std::vector<std::vector<std::size_t>> split_by_length(std::span<const Tokens> sequences, std::size_t parts) {
  std::vector<std::size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sequences[a].size() < sequences[b].size(); });
  std::size_t total = 0;
  for (const Tokens& tokens : sequences) total += tokens.size();
  std::vector<std::vector<std::size_t>> runs;
  std::size_t before = 0;
  std::size_t last_part = parts;
  for (const std::size_t index : order) {
    // The part in whose share of all tokens this sequence's middle lies.
    const std::size_t part = (2 * before + sequences[index].size()) * parts / (2 * total);
    if (part != last_part || runs.empty()) runs.emplace_back();
    last_part = part;
    runs.back().push_back(index);
    before += sequences[index].size();
  }
  return runs;
}

TokenBatch pad_selected(std::span<const Tokens> sequences, std::span<const std::size_t> indices,
                        std::int32_t pad_id) {
  std::vector<std::span<const std::int32_t>> selected;
  for (const std::size_t index : indices) selected.emplace_back(sequences[index]);
  return TokenBatch::pad(selected, pad_id);
}

Result<LoadedModel> LoadedModel::load(const std::string& folder) {
  Result<BertCheckpoint> checkpoint = BertCheckpoint::load(folder);
  if (!checkpoint) return checkpoint.status();
  Result<std::unique_ptr<Tokenizer>> tokenizer = load_tokenizer(folder);
  if (!tokenizer) return tokenizer.status();
  if ((*tokenizer)->vocabulary_size() > checkpoint->config.vocabulary)
    return Status(StatusCode::corrupt,
                  fmt::format("{}: the tokenizer has {} ids, the model only {}", folder,
                              (*tokenizer)->vocabulary_size(), checkpoint->config.vocabulary));
  return LoadedModel{std::move(*checkpoint), std::move(*tokenizer)};
}

Result<std::uint32_t> choose_length(std::uint32_t wanted, const BertConfig& config) {
  constexpr std::int64_t kDefault = 128;
  if (wanted == 0) return static_cast<std::uint32_t>(std::min(kDefault, config.max_positions));
  if (wanted >= 2 && wanted <= config.max_positions) return wanted;
  return Status(StatusCode::invalid_argument,
                fmt::format("--length is {}, this model takes 2 to {}", wanted, config.max_positions));
}

}  // namespace memo
