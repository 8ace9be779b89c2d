// Writes a model in the form that it is published in, for this engine and for others.
#pragma once

#include <string>

#include "memo/status.h"
#include "tools/common/random_model/random_model.h"

namespace memo {

// Makes the folder if there is none, and config.json and model.safetensors in it.
// Durability: when ok is returned, the weights have reached their device.
// Errors: as write_safetensors, and internal where the folder or config.json cannot be written.
Status save_checkpoint(const PublishedModel& model, const std::string& folder);

}  // namespace memo
