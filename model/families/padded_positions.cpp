#include "model/families/padded_positions.h"

#include <fmt/format.h>

namespace memo {

void read_padded_positions(ConfigReader& json, std::int64_t padding_id, ModelConfig& config) {
  const std::int64_t rows = config.max_positions;
  config.padding_id = padding_id;
  config.position_offset = padding_id + 1;
  config.max_positions = rows - config.position_offset;
  if (config.max_positions > 0) return;
  json.fail(StatusCode::corrupt, "max_position_embeddings",
            fmt::format("is {}, must be more than the padding token's id + 1, {}", rows, config.position_offset));
}

}  // namespace memo
