// The part of ModelConfig::load and Checkpoint::load after the files are open; also for checkpoints that are in no
// file.
#pragma once

#include <string>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/config_reader.h"
#include "model/checkpoint/tensor_source.h"

namespace memo {

// Errors: as ModelConfig::load.
Result<ModelConfig> read_config(ConfigReader& json);

// Requires: config is what read_config made of json.
// Errors: as Checkpoint::load.
Result<Checkpoint> read_checkpoint(ConfigReader& json, const ModelConfig& config, const TensorSource& tensors);

}  // namespace memo
