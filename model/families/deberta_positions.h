// DeBERTa's relative positions: which terms there are, and the tables behind them.
#pragma once

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/config_reader.h"
#include "model/checkpoint/tensor_reader.h"

namespace memo {

// Span 0 where the config has no relative attention, or none of its terms.
// Errors: corrupt, unsupported (a term in pos_att_type that is neither c2p nor p2c).
RelativePositions read_relative_positions(ConfigReader& json, const ModelConfig& config);

// Computes position_keys and position_queries of every layer, as far as config.relative has their terms.
// Requires: the layers' projections are read, unless tensors has failed.
void read_position_tables(ConfigReader& json, TensorReader& tensors, Checkpoint& checkpoint);

}  // namespace memo
