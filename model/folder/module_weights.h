// The modules behind Pooling that have files of their own: Dense and LayerNorm.
#pragma once

#include <cstdint>
#include <string>

#include "memo/status.h"
#include "model/checkpoint/embedding_modules.h"

namespace memo {

// config.json and model.safetensors of a module's folder. `size`: numbers of the vector that it takes.
// Errors: as read_json_file and WeightFiles; corrupt, unsupported (another size, activation or field); naming
//         file, field and value.
Result<EmbeddingModule> read_dense(const std::string& folder, std::int64_t size);
Result<EmbeddingModule> read_layer_norm(const std::string& folder, std::int64_t size);

}  // namespace memo
