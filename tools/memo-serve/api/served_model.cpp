#include "tools/memo-serve/api/served_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "model/engine/pooling.h"
#include "model/text/scores.h"

namespace memo {
namespace {

// In the words that clients of Text Embeddings Inference read the names from.
ApiError unknown_prompt(const std::string& name, const std::map<std::string, std::string>& prompts) {
  std::vector<std::string> names;
  names.reserve(prompts.size());
  for (const auto& [known, text] : prompts) names.push_back(nlohmann::json(known).dump());
  return {Fault::validation,
          fmt::format(
              "`prompt_name` is set to `{}` but it was not found in the Sentence Transformers prompts. Available "
              "prompts: [{}]",
              name, fmt::join(names, ", ")),
          "prompt_name"};
}

}  // namespace

bool ServedModel::ranks() const {
  return classifies() && config().labels.size() == 1 && service->loaded().tokenizer->takes_pairs();
}

TextPart ServedModel::part_for(const TextRequest& request) const {
  if (request.states) return TextPart::states;
  return !request.normalize && service->scales() ? TextPart::unscaled_result : TextPart::result;
}

std::optional<ApiError> ServedModel::check_embedding(const TextRequest& request) const {
  if (!embeds())
    return ApiError{Fault::wrong_task, fmt::format("Model is not an embedding model: {} classifies", name)};
  const std::size_t own = service->shape().embedding;
  if (!request.dimensions || *request.dimensions == own ||
      std::ranges::find(dimensions, *request.dimensions) != dimensions.end())
    return std::nullopt;
  std::vector<std::size_t> allowed = dimensions;
  allowed.push_back(own);
  return ApiError{
      Fault::validation,
      fmt::format("`dimensions` is {}, {} has {}: an embedding keeps its meaning when it is cut only where the "
                  "model was trained for that; memo-serve --dimensions allows it",
                  *request.dimensions, name, fmt::join(allowed, ", ")),
      "dimensions"};
}

std::optional<ApiError> ServedModel::check_classification(const TextRequest& request) const {
  if (!classifies()) return ApiError{Fault::wrong_task, "Model is not a classifier model"};
  const bool pairs = std::ranges::find(request.paired, true) != request.paired.end();
  if (!pairs || service->loaded().tokenizer->takes_pairs()) return std::nullopt;
  return ApiError{Fault::wrong_task, fmt::format("{} takes no pairs: its tokenizer has no form for them", name)};
}

std::optional<ApiError> ServedModel::check_ranking(const TextRequest&) const {
  if (ranks()) return std::nullopt;
  return ApiError{Fault::wrong_task, "model is not a re-ranker model"};
}

std::optional<ApiError> ServedModel::find_prompt(const TextRequest& request,
                                                 std::optional<std::string>& prompt) const {
  if (!request.prompt_name) return std::nullopt;
  const auto& prompts = service->loaded().sentence.prompts.by_name;
  const auto found = prompts.find(*request.prompt_name);
  if (found == prompts.end()) return unknown_prompt(*request.prompt_name, prompts);
  prompt = found->second;
  return std::nullopt;
}

std::optional<ApiError> ServedModel::tokenize(const TextRequest& request, bool truncate,
                                              std::vector<PairEncoding>& inputs) const {
  TokenizeOptions options;
  options.truncate = truncate;
  options.side = request.side;
  if (auto error = find_prompt(request, options.prompt)) return error;
  Result<std::vector<PairEncoding>> made = service->tokenize(request.inputs(), options);
  if (!made) {
    const bool too_long = !truncate && made.status().code() == StatusCode::full;
    return ApiError{too_long ? Fault::too_long : Fault::validation, made.status().message(), "inputs", 0};
  }
  inputs = std::move(*made);
  return std::nullopt;
}

std::vector<float> ServedModel::embedding(std::span<const float> row, const TextRequest& request) const {
  const std::size_t size = request.dimensions.value_or(service->shape().embedding);
  std::vector<float> embedding(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(size));
  const bool is_cut = size < service->shape().embedding;
  if (request.normalize && (is_cut || !service->scales())) scale_to_length_one(embedding);
  return embedding;
}

// One label: how well a text fits, from 0 to 1.
std::vector<double> ServedModel::scores(std::span<const float> row, bool raw) const {
  const std::span<const float> logits = row.subspan(service->shape().embedding);
  const ScoreFunction own = logits.size() == 1 ? ScoreFunction::sigmoid : config().score_function;
  return scores_of(logits, raw ? ScoreFunction::identity : own);
}

}  // namespace memo
