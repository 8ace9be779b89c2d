#include "model/tuning/measure/corpus.h"

#include <fmt/format.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>

namespace memo {
namespace {

constexpr std::size_t kMinTexts = 80;
// The min. number of texts of each class in each part of the split.
constexpr std::size_t kMinOfClass = 5;
constexpr double kFittingTokens = 128'000;

Status refuse(const std::string& message) {
  return {StatusCode::invalid_argument, message};
}

// The label as text; a label may be a string, a number or a boolean.
Result<std::string> label_of(const JsonLineReader& reader, const JsonLine& line, const std::string& field) {
  const std::optional<std::string_view> label = line.raw(field);
  if (!label || *label == "null" || label->front() == '[' || label->front() == '{')
    return reader.error_at(line, field, fmt::format("has no label in the field \"{}\"", field));
  return text_of_json(*label);
}

// Positions 0 .. count - 1, shuffled the same way on every machine.
std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(seed);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

}  // namespace

Result<Corpus> Corpus::read(const ProfileOptions& options, const LoadedModel& model, std::uint32_t length) {
  Corpus corpus;
  MEMO_RETURN_IF_ERROR(corpus.read_texts(options));
  if (options.source.limit != 0) corpus.sample(options.source.limit, options.seed);
  const std::string& path = options.source.path;
  if (corpus.texts_.size() < kMinTexts)
    return refuse(
        fmt::format("{}: has {} texts, at least {} are needed (half to fit, a quarter each to choose "
                    "and to test), better thousands",
                    path, corpus.texts_.size(), kMinTexts));
  corpus.tokenize(model, length, options.threads);
  MEMO_RETURN_IF_ERROR(corpus.check_lengths(path, length));
  corpus.split(options.seed);
  if (!options.label_field.empty()) MEMO_RETURN_IF_ERROR(corpus.check_classes(path, options.label_field));
  return corpus;
}

Status Corpus::read_texts(const ProfileOptions& options) {
  MEMO_ASSIGN_OR_RETURN(JsonLineReader reader, JsonLineReader::open(options.source.path));
  std::vector<std::string> labels;
  for (;;) {
    MEMO_ASSIGN_OR_RETURN(const std::optional<JsonLine> line, reader.next());
    if (!line.has_value()) break;
    MEMO_ASSIGN_OR_RETURN(std::string text, string_field(reader, *line, options.source.text_field));
    texts_.push_back({std::move(text), {}, 0});
    if (options.label_field.empty()) continue;
    MEMO_ASSIGN_OR_RETURN(std::string label, label_of(reader, *line, options.label_field));
    labels.push_back(std::move(label));
  }
  classes_ = labels;
  std::sort(classes_.begin(), classes_.end());
  classes_.erase(std::unique(classes_.begin(), classes_.end()), classes_.end());
  for (std::size_t i = 0; i < labels.size(); ++i)
    texts_[i].label =
        static_cast<std::size_t>(std::lower_bound(classes_.begin(), classes_.end(), labels[i]) - classes_.begin());
  return Status::ok();
}

void Corpus::sample(std::size_t count, std::uint64_t seed) {
  if (count >= texts_.size()) return;
  const std::vector<std::size_t> order = shuffled(texts_.size(), seed);
  std::vector<ProfileText> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(std::move(texts_[order[i]]));
  texts_ = std::move(chosen);
}

void Corpus::tokenize(const LoadedModel& model, std::uint32_t length, std::uint32_t threads) {
  oneapi::tbb::task_arena arena(static_cast<int>(threads));
  arena.execute([&] {
    oneapi::tbb::parallel_for(std::size_t{0}, texts_.size(),
                              [&](std::size_t i) { texts_[i].tokens = model.encode(texts_[i].text, length); });
  });
}

Status Corpus::check_lengths(const std::string& path, std::uint32_t length) const {
  std::vector<std::size_t> lengths;
  for (const ProfileText& text : texts_) lengths.push_back(text.tokens.size());
  std::sort(lengths.begin(), lengths.end());
  const std::size_t longest = lengths[lengths.size() * 95 / 100];
  if (longest * 2 > length) return Status::ok();
  return refuse(
      fmt::format("{}: 95 % of the texts have at most {} tokens, less than half of the {} that maps would be "
                  "made for: pass --length {}",
                  path, longest, length, std::max<std::size_t>(16, (longest + 15) / 16 * 16)));
}

Status Corpus::check_classes(const std::string& path, const std::string& field) const {
  if (classes_.size() < 2)
    return refuse(
        fmt::format("{}: every \"{}\" is \"{}\": accuracy means nothing with one class; leave --label-field "
                    "out to profile by fidelity",
                    path, field, classes_.front()));
  for (const TextList* part : {&training_, &validation_, &test_}) {
    std::vector<std::size_t> count(classes_.size());
    for (const ProfileText* text : *part) ++count[text->label];
    for (std::size_t i = 0; i < count.size(); ++i)
      if (count[i] < kMinOfClass)
        return refuse(
            fmt::format("{}: the label \"{}\" is too rare: {} texts in one part of the split, at least {} are "
                        "needed",
                        path, classes_[i], count[i], kMinOfClass));
  }
  return Status::ok();
}

void Corpus::split(std::uint64_t seed) {
  const std::vector<std::size_t> order = shuffled(texts_.size(), seed);
  const std::size_t half = order.size() / 2;
  const std::size_t three_quarters = half + (order.size() - half) / 2;
  for (std::size_t i = 0; i < order.size(); ++i)
    (i < half ? training_ : i < three_quarters ? validation_ : test_).push_back(&texts_[order[i]]);
}

double Corpus::mean_tokens() const {
  double sum = 0;
  for (const ProfileText& text : texts_) sum += static_cast<double>(text.tokens.size());
  return sum / static_cast<double>(texts_.size());
}

TextList fitting_texts(const Corpus& corpus, std::size_t count) {
  if (count == 0) count = static_cast<std::size_t>(std::ceil(kFittingTokens / corpus.mean_tokens()));
  return first(corpus.training(), count);
}

TextList first(const TextList& texts, std::size_t count) {
  return {texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(std::min(count, texts.size()))};
}

TextList last(const TextList& texts, std::size_t count) {
  return {texts.end() - static_cast<std::ptrdiff_t>(std::min(count, texts.size())), texts.end()};
}

}  // namespace memo
