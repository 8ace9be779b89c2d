// ServedModel: a model under the name that clients ask for it by.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/service/text_service.h"
#include "tools/memo-serve/api/api_error.h"
#include "tools/memo-serve/api/text_request.h"

namespace memo {

struct ServedModel {
  std::string name;
  std::unique_ptr<TextService> service;
  std::vector<std::size_t> dimensions;  // to which embeddings may be cut beside their own size

  const ModelConfig& config() const { return service->loaded().checkpoint.config; }
  bool embeds() const { return config().task == Task::embedding; }
  bool classifies() const { return config().task == Task::classification; }
  // One score for two texts.
  bool ranks() const;
  // Which part of a text answers the request.
  TextPart part_for(const TextRequest& request) const;

  // Whether the model can do what is asked; each names what is wrong.
  std::optional<ApiError> check_embedding(const TextRequest& request) const;
  std::optional<ApiError> check_classification(const TextRequest& request) const;
  std::optional<ApiError> check_ranking(const TextRequest& request) const;

  // The prompt by the request's name. Nothing: the default one.
  std::optional<ApiError> find_prompt(const TextRequest& request, std::optional<std::string>& prompt) const;

  // The tokens of the request's texts. truncate: whether texts that are too long are cut.
  std::optional<ApiError> tokenize(const TextRequest& request, bool truncate,
                                   std::vector<PairEncoding>& inputs) const;

  // What a client gets of a row: cut and scaled as asked for. Shapes: row [embedding size + logits]
  std::vector<float> embedding(std::span<const float> row, const TextRequest& request) const;
  // One a label. raw: the logits. Shapes: -> [labels]
  std::vector<double> scores(std::span<const float> row, bool raw) const;
};

}  // namespace memo
