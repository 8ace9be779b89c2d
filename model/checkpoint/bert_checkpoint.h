// A BERT checkpoint as Hugging Face publishes it: config.json and model.safetensors in a folder.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "client/status.h"
#include "client/types.h"
#include "model/checkpoint/checkpoint.h"

namespace memo {

struct BertConfig {
  std::int64_t vocabulary = 0;
  std::int64_t hidden = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t intermediate = 0;
  std::int64_t max_positions = 0;
  std::int64_t token_types = 0;
  double layer_norm_epsilon = 1e-12;
  Activation activation = Activation::gelu_erf;
  Pooling pooling = Pooling::mean;  // from 1_Pooling/config.json where there is one
  std::int64_t head_dim() const { return hidden / heads; }

  // Errors: not_found, corrupt, unsupported (model_type, activation, position embedding), naming field and value.
  static Result<BertConfig> load(const std::string& folder);
};

struct BertLayerWeights {
  LinearWeights qkv;               // [3 * hidden, hidden]: query rows, key rows, value rows
  LinearWeights attention_output;  // [hidden, hidden]
  LayerNormWeights attention_norm;
  LinearWeights feed_forward_in;   // [intermediate, hidden]
  LinearWeights feed_forward_out;  // [hidden, intermediate]
  LayerNormWeights feed_forward_norm;
};

struct BertCheckpoint {
  BertConfig config;
  at::Tensor word_embeddings;        // [vocabulary, hidden]
  at::Tensor position_embeddings;    // [max_positions, hidden]
  at::Tensor token_type_embeddings;  // [token_types, hidden]
  LayerNormWeights embedding_norm;
  std::vector<BertLayerWeights> layers;
  Digest fingerprint;  // of the architecture and every weight

  // Tensor names with and without the prefix "bert." are accepted, and gamma and beta for a layer norm's weight and
  // bias.
  // Errors: as BertConfig::load, SafetensorsFile::open and SafetensorsFile::tensor.
  static Result<BertCheckpoint> load(const std::string& folder);
};

}  // namespace memo
