#include "model/families/sizes.h"

#include <fmt/format.h>

namespace memo {

void read_sizes(ConfigReader& json, const SizeNames& names, ModelConfig& config) {
  config.vocabulary = json.size("vocab_size", kMaxVocabulary);
  config.hidden = json.size(names.hidden, kMaxHidden);
  config.layers = json.size(names.layers, kMaxLayers);
  config.heads = json.size(names.heads, kMaxHeads);
  if (names.intermediate != nullptr) config.intermediate = json.size(names.intermediate, kMaxIntermediate);
  config.max_positions = json.size(names.max_positions, kMaxPositions);
  if (config.hidden % config.heads == 0) return;
  json.fail(StatusCode::corrupt, names.hidden,
            fmt::format("is {}, must be a multiple of {}, {}", config.hidden, names.heads, config.heads));
}

}  // namespace memo
