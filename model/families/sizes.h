// The sizes that every family has, under the names that each gives them.
#pragma once

#include <cstdint>

#include "memo/types.h"
#include "model/checkpoint/config_reader.h"

namespace memo {

// The largest plausible size of each kind.
inline constexpr std::int64_t kMaxVocabulary = 10'000'000;
inline constexpr std::int64_t kMaxHidden = 65'536;
inline constexpr std::int64_t kMaxIntermediate = 1'048'576;
inline constexpr std::int64_t kMaxPositions = kMaxLengthBucket;
inline constexpr std::int64_t kMaxTokenTypes = 65'536;

struct SizeNames {
  const char* hidden = "hidden_size";
  const char* layers = "num_hidden_layers";
  const char* heads = "num_attention_heads";
  const char* intermediate = "intermediate_size";  // nullptr: the family reads it itself
  const char* max_positions = "max_position_embeddings";
};

// Reads vocab_size and the fields of `names` into config.
// Errors: corrupt (a size is missing or beyond its limit, or hidden is not a multiple of heads).
void read_sizes(ConfigReader& json, const SizeNames& names, ModelConfig& config);

}  // namespace memo
