#include "model/families/sizes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string_view>

namespace memo {
namespace {

// Where a family has its own name for a size, the common name would also set that size, and override it.
void require_common_name(ConfigReader& json, std::string_view own, const char* common, std::int64_t size) {
  if (own != common) json.require(common, size);
}

void require_common_names(ConfigReader& json, const SizeNames& names, const ModelConfig& config) {
  const SizeNames common;
  require_common_name(json, names.hidden, common.hidden, config.hidden);
  require_common_name(json, names.layers, common.layers, config.layers);
  require_common_name(json, names.heads, common.heads, config.heads);
  require_common_name(json, names.max_positions, common.max_positions, config.max_positions);
}

}  // namespace

void read_sizes(ConfigReader& json, const SizeNames& names, ModelConfig& config) {
  config.vocabulary = json.size("vocab_size", kMaxVocabulary);
  config.hidden = json.size(names.hidden, kMaxHidden);
  config.layers = json.size(names.layers, kMaxLayers);
  config.heads = json.size(names.heads, kMaxHeads);
  if (names.intermediate != nullptr) config.intermediate = json.size(names.intermediate, kMaxIntermediate);
  config.max_positions = json.size(names.max_positions, kMaxPositions);
  require_common_names(json, names, config);
  if (config.hidden % config.heads == 0) return;
  json.fail(StatusCode::corrupt, names.hidden,
            fmt::format("is {}, must be a multiple of {}, {}", config.hidden, names.heads, config.heads));
}

}  // namespace memo
