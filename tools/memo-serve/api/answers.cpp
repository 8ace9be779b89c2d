#include "tools/memo-serve/api/answers.h"

#include <fmt/compile.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "model/text/scores.h"
#include "tools/common/base64.h"

namespace memo {
namespace {

template <typename Numbers>
bool all_finite(const Numbers& numbers) {
  return std::ranges::all_of(numbers, [](auto number) { return std::isfinite(number); });
}

// "-1000000200000000," is the longest of all floats.
constexpr std::size_t kNumberBytes = 18;

// The shortest decimals that give the same floats. A known text's answer takes longer to write than to look up.
void append_numbers(std::span<const float> numbers, std::string& text) {
  text += '[';
  const std::size_t start = text.size();
  text.resize(start + numbers.size() * kNumberBytes);
  char* end = text.data() + start;
  for (const float number : numbers) {
    end = fmt::format_to(end, FMT_COMPILE("{}"), number);
    *end++ = ',';
  }
  if (!numbers.empty()) --end;
  text.resize(static_cast<std::size_t>(end - text.data()));
  text += ']';
}

std::string base64_of(std::span<const float> numbers) {
  return encode_base64({reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()});
}

std::string json_of(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

double dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                            [](float x, float y) { return double{x} * y; });
}

// 0 where one of them is 0.
double cosine(std::span<const float> a, std::span<const float> b) {
  const double lengths = std::sqrt(dot(a, a)) * std::sqrt(dot(b, b));
  return lengths == 0 ? 0 : dot(a, b) / lengths;
}

}  // namespace

std::optional<std::string> write_embeddings(const Answered& answered) {
  std::string text = "[";
  for (std::size_t i = 0; i < answered.job.inputs.size(); ++i) {
    const std::vector<float> embedding = answered.model.embedding(answered.job.row(i), answered.request);
    if (!all_finite(embedding)) return std::nullopt;
    if (i > 0) text += ',';
    append_numbers(embedding, text);
  }
  return text + "]";
}

std::optional<std::string> write_states(const Answered& answered) {
  const auto hidden = static_cast<std::size_t>(answered.model.config().hidden);
  std::string text = "[";
  for (std::size_t i = 0; i < answered.job.inputs.size(); ++i) {
    const std::span<const float> states = answered.job.row(i);
    if (!all_finite(states)) return std::nullopt;
    text += i > 0 ? ",[" : "[";
    for (std::size_t token = 0; token < states.size(); token += hidden) {
      if (token > 0) text += ',';
      append_numbers(states.subspan(token, hidden), text);
    }
    text += ']';
  }
  return text + "]";
}

std::optional<std::string> write_similarities(const Answered& answered) {
  const std::size_t size = answered.model.service->shape().embedding;
  const std::span<const float> source = answered.job.row(0).first(size);
  std::vector<float> similarities;
  for (std::size_t i = 1; i < answered.job.inputs.size(); ++i)
    similarities.push_back(static_cast<float>(cosine(source, answered.job.row(i).first(size))));
  if (!all_finite(similarities)) return std::nullopt;
  std::string text;
  append_numbers(similarities, text);
  return text;
}

std::optional<std::string> write_predictions(const Answered& answered) {
  const std::vector<std::string>& labels = answered.model.config().labels;
  std::string text = answered.request.single ? "" : "[";
  for (std::size_t i = 0; i < answered.job.inputs.size(); ++i) {
    const std::vector<double> scores = answered.model.scores(answered.job.row(i), answered.request.raw_scores);
    if (!all_finite(scores)) return std::nullopt;
    text += i > 0 ? ",[" : "[";
    bool first = true;
    for (const std::size_t index : best_of(scores, scores.size()))
      fmt::format_to(std::back_inserter(text), "{}{{\"score\":{:.9g},\"label\":{}}}",
                     std::exchange(first, false) ? "" : ",", scores[index], json_of(labels[index]));
    text += ']';
  }
  return answered.request.single ? text : text + "]";
}

std::optional<std::string> write_ranks(const Answered& answered) {
  std::vector<double> scores;
  for (std::size_t i = 0; i < answered.job.inputs.size(); ++i)
    scores.push_back(answered.model.scores(answered.job.row(i), answered.request.raw_scores).front());
  if (!all_finite(scores)) return std::nullopt;
  std::string text = "[";
  for (const std::size_t index : best_of(scores, scores.size())) {
    fmt::format_to(std::back_inserter(text), "{}{{\"index\":{}", text.size() > 1 ? "," : "", index);
    if (answered.request.return_text) text += ",\"text\":" + json_of(answered.request.pairs[index]);
    fmt::format_to(std::back_inserter(text), ",\"score\":{:.9g}}}", scores[index]);
  }
  return text + "]";
}

std::optional<std::string> write_openai_embeddings(const Answered& answered) {
  std::string text = "{\"object\":\"list\",\"data\":[";
  for (std::size_t i = 0; i < answered.job.inputs.size(); ++i) {
    const std::vector<float> embedding = answered.model.embedding(answered.job.row(i), answered.request);
    if (!all_finite(embedding)) return std::nullopt;
    text += i > 0 ? ",{\"object\":\"embedding\",\"embedding\":" : "{\"object\":\"embedding\",\"embedding\":";
    if (answered.request.base64)
      text += '"' + base64_of(embedding) + '"';
    else
      append_numbers(embedding, text);
    fmt::format_to(std::back_inserter(text), ",\"index\":{}}}", i);
  }
  const std::size_t tokens = answered.job.tokens();
  fmt::format_to(std::back_inserter(text),
                 "],\"model\":{},\"usage\":{{\"prompt_tokens\":{},\"total_tokens\":{}}}}}",
                 json_of(answered.model.name), tokens, tokens);
  return text;
}

}  // namespace memo
