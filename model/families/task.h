// What a checkpoint was trained to answer.
#pragma once

#include <string_view>

#include "model/checkpoint/config_reader.h"

namespace memo {

// Whether one of the config's "architectures" ends in `suffix`.
bool is_architecture(ConfigReader& json, std::string_view suffix);

// Makes config a classification with its labels and `pooling` where the architecture is one for sequences. Labels
// are those of id2label, or LABEL_0, LABEL_1, …
// Errors: corrupt (architectures, num_labels or id2label that cannot be).
void read_classification(ConfigReader& json, Pooling pooling, ModelConfig& config);

inline std::int64_t label_count(const ModelConfig& config) {
  return static_cast<std::int64_t>(config.labels.size());
}

}  // namespace memo
