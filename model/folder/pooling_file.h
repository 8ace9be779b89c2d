// The config.json in the folder of a Pooling module.
#pragma once

#include <string>
#include <vector>

#include "memo/status.h"
#include "model/checkpoint/model_config.h"

namespace memo {

struct PoolingSettings {
  std::vector<Pooling> modes;  // concatenated in this order
  bool include_prompt = true;  // false: tokens of the prompt are left out
};

// Understands the flags of older versions and the word, or list of words, of newer ones.
// Errors: as read_json_file; corrupt, unsupported (another mode or field); naming file, field and value.
Result<PoolingSettings> read_pooling_file(const std::string& folder, std::int64_t hidden);

}  // namespace memo
