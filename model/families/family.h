// The seam between checkpoints in general and the names that one family has for its fields and tensors. To add a
// family: a FamilyReader here, listed in families.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/config_reader.h"
#include "model/checkpoint/tensor_reader.h"

namespace memo {

struct FamilyReader {
  Family family;
  std::span<const std::string_view> model_types;  // as config.json has them
  std::string_view prefix;                        // of tensor names in models with a head
  // Fills config, except its family. Failures stay in json.
  void (*read_config)(ConfigReader& json, ModelConfig& config);
  // Fills checkpoint, except its config, which is already filled, and its fingerprint. Failures stay in the
  // readers; after one, tensors may be undefined.
  void (*read_weights)(ConfigReader& json, TensorReader& tensors, Checkpoint& checkpoint);
};

extern const FamilyReader kBertReader;
extern const FamilyReader kDistilBertReader;
extern const FamilyReader kRobertaReader;
extern const FamilyReader kDebertaReader;
extern const FamilyReader kGpt2Reader;
extern const FamilyReader kMpnetReader;

// nullptr: no family here has this model_type.
const FamilyReader* find_family(std::string_view model_type);
// For messages: "bert, distilbert, …"
std::string known_model_types();

}  // namespace memo
