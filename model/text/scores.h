// Scores: what a classification's logits say.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/checkpoint/model_config.h"

namespace memo {

// One a label, in double precision. Requires: logits is not empty. Source: the text-classification pipeline of
// transformers.
std::vector<double> scores_of(std::span<const float> logits, ScoreFunction function);

// The indices of the `count` largest scores, the largest first, the lower index first among equals; count is at
// most their number.
std::vector<std::size_t> best_of(std::span<const double> scores, std::size_t count);

}  // namespace memo
