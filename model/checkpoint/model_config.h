// ModelConfig: the architecture of a checkpoint, in one form for all families.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

enum class Family { bert, distilbert, roberta, deberta, gpt2, mpnet };
enum class Activation { gelu_erf, gelu_tanh, relu, tanh };
// How the final states of a sequence become one vector. weighted_mean: a token's weight is its place, counted from
// 1.
// Source: sentence-transformers' Pooling.
enum class Pooling { cls, max, mean, mean_sqrt_length, weighted_mean, last };
// Whether a layer normalizes its sums (BERT) or the inputs of its two halves (GPT-2).
enum class NormPlacement { after, before };
// What a checkpoint was trained to answer. embedding: one vector per text, pooled from the final states.
enum class Task { embedding, classification, next_token };
// Whether a checkpoint's task head is used, or only its states.
enum class TaskHeads { as_published, none };
// The function that makes scores of a classification's logits.
enum class ScoreFunction { softmax, sigmoid, identity };

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

// The buckets of T5, whose biases MPNet adds to its scores: half of them are for keys ahead of the query. In each
// half, the first half of the buckets have one distance each; the others grow logarithmically up to max_distance,
// and the last one has all farther distances.
// Source: Raffel et al., arXiv 1910.10683, section 2.1.
struct DistanceBuckets {
  std::int64_t count = 0;  // 0: no biases
  std::int64_t max_distance = 0;

  // The bucket of the distance query - key.
  std::int64_t of(std::int64_t distance) const;
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
  std::int64_t padding_id = -1;      // a token that takes this row and no position; -1: every token takes one
  std::int64_t token_types = 0;      // 0: no such embedding
  double layer_norm_epsilon = 1e-12;
  Activation activation = Activation::gelu_erf;
  NormPlacement norm_placement = NormPlacement::after;
  bool causal = false;
  RelativePositions relative;
  DistanceBuckets distance_buckets;
  Task task = Task::embedding;
  std::vector<Pooling> pooling = {Pooling::mean};  // concatenated in this order; not empty. GPT-2: last
  std::int64_t pooled_from = 0;                    // tokens before this one, those of a prompt, are not pooled
  std::vector<std::string> labels;                 // of a classification, by index
  ScoreFunction score_function = ScoreFunction::softmax;

  std::int64_t head_dim() const { return hidden / heads; }

  // Reads config.json of the folder.
  // Errors: not_found, corrupt, unsupported (a model_type, task head or feature that no family here has), each
  //         naming file, field and value.
  static Result<ModelConfig> load(const std::string& folder, TaskHeads heads = TaskHeads::as_published);
};

}  // namespace memo
