// ModelConfig: the architecture of a checkpoint, in one form for all families.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/status.h"

namespace memo {

enum class Family { bert, distilbert, roberta, deberta, gpt2 };
enum class Activation { gelu_erf, gelu_tanh, relu, tanh };
enum class Pooling { mean, cls, last };
// Whether a layer normalizes its sums (BERT) or the inputs of its two halves (GPT-2).
enum class NormPlacement { after, before };
// What a checkpoint was trained to answer. embedding: one vector a text, pooled from the final states.
enum class Task { embedding, classification, next_token };

// DeBERTa's disentangled attention: scores gain terms that depend on the distance of two tokens.
// Source: DeBERTa, arXiv 2006.03654, section 3.1; logarithmic buckets as in DeBERTa-v2.
struct RelativePositions {
  std::int64_t span = 0;          // rows of a position table are 2 * span; 0: no relative positions
  std::int64_t buckets = 0;       // distances beyond buckets / 2 share logarithmic buckets; 0: none do
  std::int64_t max_distance = 0;  // the largest distance that buckets tell apart
  bool content_to_position = false;
  bool position_to_content = false;

  // The row of a position table for the distance query - key.
  std::int64_t row(std::int64_t distance) const;
};

struct ModelConfig {
  Family family = Family::bert;
  std::int64_t vocabulary = 0;
  std::int64_t hidden = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t intermediate = 0;
  std::int64_t max_positions = 0;    // the longest sequence
  std::int64_t position_offset = 0;  // row of the first token's position embedding (RoBERTa: padding_idx + 1)
  std::int64_t token_types = 0;      // 0: no such embedding
  double layer_norm_epsilon = 1e-12;
  Activation activation = Activation::gelu_erf;
  NormPlacement norm_placement = NormPlacement::after;
  bool causal = false;
  RelativePositions relative;
  Task task = Task::embedding;
  Pooling pooling = Pooling::mean;  // from 1_Pooling/config.json where there is one; GPT-2: last
  std::vector<std::string> labels;  // of a classification, by index

  std::int64_t head_dim() const { return hidden / heads; }

  // Reads config.json of the folder, and 1_Pooling/config.json where there is one.
  // Errors: not_found, corrupt, unsupported (a model_type or feature that no family here has), each naming file,
  //         field and value.
  static Result<ModelConfig> load(const std::string& folder);
};

}  // namespace memo
