#include "model/folder/module_weights.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <exception>
#include <optional>
#include <utility>

#include "model/checkpoint/config_file.h"
#include "model/checkpoint/config_reader.h"
#include "model/checkpoint/tensor_reader.h"
#include "model/checkpoint/torch_names.h"
#include "model/checkpoint/weight_files.h"
#include "model/families/sizes.h"
#include "model/folder/json_object.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr const char* kVector = "sentence_embedding";  // what the library calls a text's vector

void check_field(ConfigReader& json, const char* field, std::int64_t size) {
  const std::int64_t said = json.size(field, kMaxIntermediate);
  if (json.status() && said != size)
    json.fail(StatusCode::corrupt, field,
              fmt::format("is {}, the module before it makes vectors of {} numbers", said, size));
}

Function read_activation(ConfigReader& json) {
  const char* field = "activation_function";
  if (!json.json().contains(field)) return Function::tanh;
  const Json& value = json.json()[field];
  const std::optional<Function> known = torch_activation(value);
  if (!known)
    json.fail(StatusCode::unsupported, field,
              fmt::format("is {}, known are {}", value.dump(), known_torch_activations()));
  return known.value_or(Function::identity);
}

// Calls read(files, tensors) with the folder's weights.
template <typename Read>
Result<EmbeddingModule> read_weights(const std::string& folder, Read read) {
  MEMO_ASSIGN_OR_RETURN(auto files, WeightFiles::open(folder));
  try {
    TensorReader tensors(files, "");
    Result<EmbeddingModule> module = read(files, tensors);
    if (!tensors.status()) return tensors.status();
    return module;
  } catch (const std::exception& error) {
    return Status(StatusCode::internal, fmt::format("{}: {}", folder, error.what()));
  }
}

}  // namespace

Result<EmbeddingModule> read_dense(const std::string& folder, std::int64_t size) {
  MEMO_ASSIGN_OR_RETURN(auto file, read_config_file(folder));
  ConfigReader json(file, config_path(folder));
  if (!json.status()) return json.status();
  allow_only(json, {"in_features", "out_features", "bias", "activation_function", "module_input_name",
                    "module_output_name"});
  check_field(json, "in_features", size);
  const std::int64_t out = json.size("out_features", kMaxIntermediate);
  const bool bias = json.flag("bias", true);
  DenseModule module;
  module.activation = read_activation(json);
  json.require("module_input_name", kVector);
  json.require("module_output_name", kVector);
  if (!json.status()) return json.status();
  return read_weights(folder, [&](const TensorSource& source, TensorReader& tensors) {
    module.linear.weight = tensors.read("linear.weight", {out, size});
    if (bias) module.linear.bias = tensors.read("linear.bias", {out});
    if (bias || !source.has("linear.bias")) return Result<EmbeddingModule>(module);
    return Result<EmbeddingModule>(
        Status(StatusCode::corrupt,
               fmt::format("{}/model.safetensors: has linear.bias, but bias is false in config.json", folder)));
  });
}

Result<EmbeddingModule> read_layer_norm(const std::string& folder, std::int64_t size) {
  MEMO_ASSIGN_OR_RETURN(auto file, read_config_file(folder));
  ConfigReader json(file, config_path(folder));
  if (!json.status()) return json.status();
  allow_only(json, {"dimension"});
  check_field(json, "dimension", size);
  if (!json.status()) return json.status();
  return read_weights(folder, [&](const TensorSource&, TensorReader& tensors) {
    return Result<EmbeddingModule>(LayerNormModule{tensors.norm("norm", size)});
  });
}

}  // namespace memo
