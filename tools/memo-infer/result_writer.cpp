#include "tools/memo-infer/result_writer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

#include "model/text/scores.h"

namespace memo {
namespace {

std::span<const float> row_of(const Tensor& tensor, std::size_t row) {
  return tensor.row(static_cast<std::int64_t>(row));
}

template <typename Numbers>
bool all_finite(const Numbers& numbers) {
  return std::ranges::all_of(numbers, [](auto number) { return std::isfinite(number); });
}

std::string list_of(std::span<const float> numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

// Shapes: states [tokens, hidden]
std::string lists_of(const Tensor& states) {
  std::vector<std::string> rows;
  for (std::int64_t token = 0; token < states.size(0); ++token) rows.push_back(list_of(states.row(token)));
  return fmt::format("[{}]", fmt::join(rows, ","));
}

Status not_finite(const Text& text) {
  return {
      StatusCode::internal,
      fmt::format("the result of the text with id {} is no finite number: the model's weights overflow", text.id)};
}

}  // namespace

ResultWriter::ResultWriter(OutputFile file, const ModelConfig& config, ResultOptions options)
    : file_(std::move(file)),
      config_(config),
      options_(std::move(options)),
      answers_(options_.head || config.task != Task::embedding),
      tokens_(!options_.head && config.task == Task::next_token) {}

std::vector<double> ResultWriter::scores(const TextResults& results, std::size_t text) const {
  if (options_.head) return options_.head->scores(row_of(results.embeddings, text));
  return scores_of(row_of(results.logits, text), tokens_ ? ScoreFunction::softmax : config_.score_function);
}

std::string ResultWriter::labelled(std::size_t index, double score) const {
  if (tokens_) return fmt::format("\"next_token\":{},\"score\":{:.9g}", index, score);
  const std::string& label = options_.head ? options_.head->classes[index].label : config_.labels[index];
  return fmt::format("\"label\":{},\"score\":{:.9g}", nlohmann::json(label).dump(), score);
}

// The best label, or a list of labels.
std::string ResultWriter::answer(std::span<const double> all) const {
  if (!options_.top_k) {
    const std::size_t best = best_of(all, 1).front();
    return labelled(best, all[best]);
  }
  std::vector<std::string> labels;
  for (const std::size_t index : best_of(all, *options_.top_k == 0 ? all.size() : *options_.top_k))
    labels.push_back("{" + labelled(index, all[index]) + "}");
  return fmt::format("\"{}\":[{}]", tokens_ ? "next_tokens" : "labels", fmt::join(labels, ","));
}

Result<std::string> ResultWriter::line(const Text& text, const TextResults& results, std::size_t index) const {
  std::string line = fmt::format("{{\"id\":{}", text.id);
  if (answers_) {
    const std::vector<double> all = scores(results, index);
    if (!all_finite(all)) return not_finite(text);
    line += "," + answer(all);
  }
  if (options_.embeddings || !answers_) {
    const std::span<const float> embedding = row_of(results.embeddings, index);
    if (!all_finite(embedding)) return not_finite(text);
    line += ",\"embedding\":" + list_of(embedding);
  }
  return line + "}\n";
}

Status ResultWriter::write(std::span<const Text> texts, const TextResults& results) {
  std::string lines;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    MEMO_ASSIGN_OR_RETURN(const std::string one, line(texts[i], results, i));
    lines += one;
  }
  return file_.write(lines);
}

Status ResultWriter::write(std::span<const Text> texts, std::span<const Tensor> states) {
  std::string lines;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!all_finite(states[i].elements())) return not_finite(texts[i]);
    lines += fmt::format("{{\"id\":{},\"token_embeddings\":{}}}\n", texts[i].id, lists_of(states[i]));
  }
  return file_.write(lines);
}

}  // namespace memo
