// What a checkpoint was trained to answer.
#pragma once

#include <string_view>

#include "model/checkpoint/config_reader.h"

namespace memo {

// The task that config.json's architectures name; embedding where they name none. A classification gets its labels
// (those of id2label, or LABEL_0, LABEL_1, …), its pooling and its score function: the one that CrossEncoder wrote
// into the config, else the one that a transformers pipeline derives from problem_type and the number of labels.
// Requires: config.causal is read.
// Errors: corrupt (architectures, num_labels or id2label that cannot be), unsupported (a task head that this
//         engine does not run, another problem_type or activation).
void read_task(ConfigReader& json, Pooling pooling, ModelConfig& config);

// An activation of PyTorch that makes scores. Errors: unsupported, of `field`.
ScoreFunction read_score_function(ConfigReader& json, std::string_view field, const nlohmann::json& value);

inline std::int64_t label_count(const ModelConfig& config) {
  return static_cast<std::int64_t>(config.labels.size());
}

}  // namespace memo
