// Models with random weights, of any family and size, for tests and benchmarks that need a model but no particular
// one. The same options give the same weights, in memory and in files that other programs can read.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "embed/tensor/tensor.h"
#include "memo/status.h"
#include "model/checkpoint/checkpoint.h"

namespace memo {

struct RandomModel {
  Family family = Family::bert;
  Task task = Task::embedding;  // next_token: GPT-2 only
  std::int64_t vocabulary = 100;
  std::int64_t hidden = 64;
  std::int64_t layers = 3;
  std::int64_t heads = 2;
  std::int64_t intermediate = 96;
  std::int64_t max_positions = 64;  // the longest sequence
  std::int64_t labels = 2;          // of a classification
  std::uint64_t seed = 1;

  // Errors: invalid_argument naming the field, its value and its limit.
  Status validate() const;
};

// A model as its publisher would write it: fields and tensors under the family's own names.
struct PublishedModel {
  nlohmann::json config;
  std::map<std::string, Tensor> tensors;  // f32
};

// Weights that make attention maps far from uniform, at any size; DeBERTa is one of version 3.
// Requires: options.validate() is ok.
PublishedModel random_model(const RandomModel& options);

// The checkpoint that Checkpoint::load would read from the model's files, without files.
// Errors: as RandomModel::validate and Checkpoint::load.
Result<Checkpoint> random_checkpoint(const RandomModel& options);

}  // namespace memo
