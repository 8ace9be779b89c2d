// A checkpoint as Hugging Face publishes it (config.json and model.safetensors in a folder), in one form for all
// families. model/families says how each family writes its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"
#include "memo/types.h"
#include "model/checkpoint/embedding_modules.h"
#include "model/checkpoint/model_config.h"
#include "model/checkpoint/weights.h"

namespace memo {

struct LayerWeights {
  LinearWeights qkv;               // [3 * hidden, hidden]: query rows, key rows, value rows
  LinearWeights attention_output;  // [hidden, hidden]
  LayerNormWeights attention_norm;
  LinearWeights feed_forward_in;   // [intermediate, hidden]
  LinearWeights feed_forward_out;  // [hidden, intermediate]
  LayerNormWeights feed_forward_norm;
  // The relative position embeddings after the key and query projections; undefined where the config has no such
  // term.
  Tensor position_keys;     // [2 * span, hidden]
  Tensor position_queries;  // [2 * span, hidden]
  // Added to the scores by the bucket of the distance; undefined: none. MPNet's layers share one.
  Tensor position_biases;  // [buckets, heads]
};

// Classification: logits = out(activation(dense(pooled))).
struct ClassificationHead {
  LinearWeights dense;  // [hidden, hidden]; undefined: none
  Activation activation = Activation::tanh;
  LinearWeights out;  // [labels, hidden]
};

struct Checkpoint {
  ModelConfig config;
  Tensor word_embeddings;           // [vocabulary, hidden]
  Tensor position_embeddings;       // [position_offset + max_positions, hidden]; undefined: none
  Tensor token_type_embeddings;     // [token_types, hidden]; undefined: none
  LayerNormWeights embedding_norm;  // undefined: none
  std::vector<LayerWeights> layers;
  std::optional<Digest> position_source;  // of what the layers' position tables were made from
  LayerNormWeights final_norm;            // of GPT-2; undefined: none
  ClassificationHead classification;
  // The modules that make an embedding of a text's pooled states, in this order.
  std::vector<EmbeddingModule> embedding_modules = {NormalizeModule()};
  Tensor next_token;   // [vocabulary, hidden]: logits are its products with the final state; undefined: none
  Digest fingerprint;  // of everything that determines maps: architecture and weights, without task heads
  std::optional<Digest>
      calibrated_from;  // the fingerprint before weights were refitted (model/policy/calibration.h)

  // The task that the model was published for.
  const Digest& published_fingerprint() const { return calibrated_from ? *calibrated_from : fingerprint; }
  // How many numbers an embedding has.
  std::int64_t embedding_size() const;

  // Names with and without the family's prefix ("bert.") are accepted, gamma and beta for a layer norm's weight
  // and bias, and f32, f16 or bf16 weights.
  // Errors: as ModelConfig::load, SafetensorsFile::open and SafetensorsFile::tensor.
  static Result<Checkpoint> load(const std::string& folder, TaskHeads heads = TaskHeads::as_published);
};

}  // namespace memo
