// The JSON bodies of answers. Numbers are written with as few digits as give the same f32, as memo-infer writes them.
// Every function: nothing where a number is not finite.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/service/service_job.h"
#include "tools/memo-serve/api/served_model.h"
#include "tools/memo-serve/api/text_request.h"

namespace memo {

// What was asked of which model, and what came of it. Requires: the job is done.
struct Answered {
  const ServedModel& model;
  const TextRequest& request;
  const ServiceJob& job;
};

using WriteAnswer = std::optional<std::string> (*)(const Answered&);

// [[0.1, ...], ...]
std::optional<std::string> write_embeddings(const Answered& answered);
// [[[0.1, ...], ...], ...]: a list of numbers for every token of every text.
std::optional<std::string> write_states(const Answered& answered);
// [0.1, ...]: the cosine of the first text with each other one.
std::optional<std::string> write_similarities(const Answered& answered);
// [{"score", "label"}, ...], the best first; a list of these for a batch.
std::optional<std::string> write_predictions(const Answered& answered);
// [{"index", "text", "score"}, ...], the best first.
std::optional<std::string> write_ranks(const Answered& answered);
// OpenAI's list of embeddings.
std::optional<std::string> write_openai_embeddings(const Answered& answered);

}  // namespace memo
