// Positions that begin behind the padding token's id, which itself takes none: RoBERTa's and MPNet's.
#pragma once

#include <cstdint>

#include "model/checkpoint/config_reader.h"

namespace memo {

// Requires: config has the sizes of read_sizes, with all rows of the position embeddings as max_positions.
// Errors: corrupt (fewer rows than the padding token takes, or no such token).
void read_padded_positions(ConfigReader& json, std::int64_t padding_id, ModelConfig& config);

}  // namespace memo
