// Each family's names of tensors and config fields, for writing; model/families reads them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/common/random_model/random_model.h"

namespace memo {

// A layer's names, without "<prefix><number>.".
struct LayerNames {
  std::string prefix;
  std::vector<std::string> projections;  // query, key and value; or one for all three
  std::string attention_output;
  std::string attention_norm;
  std::string feed_forward_in;
  std::string feed_forward_out;
  std::string feed_forward_norm;
};

struct PublishedNames {
  std::string model_prefix;  // before every tensor but the head's, in a model that has a head
  std::string words;
  std::string positions;
  std::string token_types;  // empty: none
  std::string first_norm;   // of the embeddings; empty: none
  std::string last_norm;    // of the final states; empty: none
  LayerNames layer;
  std::string head_dense;  // empty: none
  std::string head_out;
  bool transposed = false;  // linear weights are [in, out], and the head's has no bias
};

PublishedNames published_names(Family family);

// Rows of the position embeddings that come before the first token's, and kinds of tokens.
std::int64_t position_offset(Family family);
std::int64_t token_types(Family family);
// DeBERTa's position buckets, and MPNet's.
std::int64_t position_buckets(const RandomModel& options);
inline constexpr std::int64_t kDistanceBuckets = 32;

// config.json
nlohmann::json published_config(const RandomModel& options);

}  // namespace memo
