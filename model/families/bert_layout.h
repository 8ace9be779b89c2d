// The names of fields and tensors that BERT and its descendants share.
#pragma once

#include <array>
#include <string>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/config_reader.h"
#include "model/checkpoint/tensor_reader.h"

namespace memo {

// Of a layer's attention, behind "encoder.layer.N."; the rest is named alike.
struct BertLayerNames {
  std::array<const char*, 3> projections;  // of query, key and value
  const char* output;
  const char* norm;
};
inline constexpr BertLayerNames kBertLayerNames = {
    {"attention.self.query", "attention.self.key", "attention.self.value"},
    "attention.output.dense",
    "attention.output.LayerNorm"};

// Sizes, epsilon and activation of an encoder with absolute positions and no decoder's features.
void read_bert_config(ConfigReader& json, ModelConfig& config);

// Reads the embeddings of words, of positions (unless told otherwise) and of token types (where the config has
// any), and their norm.
void read_bert_embeddings(TensorReader& tensors, bool with_positions, Checkpoint& checkpoint);

// "encoder.layer.N." of every layer.
void read_bert_layers(TensorReader& tensors, const BertLayerNames& names, Checkpoint& checkpoint);

}  // namespace memo
