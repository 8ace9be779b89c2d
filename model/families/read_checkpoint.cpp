#include "model/families/read_checkpoint.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <exception>
#include <utility>

#include "model/checkpoint/config_file.h"
#include "model/checkpoint/fingerprint.h"
#include "model/checkpoint/other_weights.h"
#include "model/checkpoint/tensor_reader.h"
#include "model/checkpoint/weight_files.h"
#include "model/families/family.h"

namespace memo {
namespace {

Result<const FamilyReader*> family_of(ConfigReader& json) {
  const std::string type = json.text("model_type", "");
  if (!json.has("model_type")) json.fail(StatusCode::corrupt, "model_type", "is missing");
  const FamilyReader* family = json.status() ? find_family(type) : nullptr;
  if (family != nullptr) return family;
  json.fail(StatusCode::unsupported, "model_type",
            fmt::format("is \"{}\", known are {}", type, known_model_types()));
  return json.status();
}

// The config; where no task head is wanted, without the architectures that name one.
Result<nlohmann::json> read_counting_config(const std::string& folder, TaskHeads heads) {
  MEMO_RETURN_IF_ERROR(check_has_no_adapter(folder));
  auto json = read_config_file(folder);
  if (json && json->is_object() && heads == TaskHeads::none) json->erase("architectures");
  return json;
}

// Refuses fields that change the results of any family. auto_map is not one of them: for a known model_type, the code
// that comes with a checkpoint is not used.
void require_whole_model(ConfigReader& json) {
  json.require("pruned_heads", nlohmann::json::object());
  if (json.has("quantization_config"))
    json.fail(StatusCode::unsupported, "quantization_config",
              "is given, only weights in f32, f16 and bf16 are supported");
}

}  // namespace

Result<ModelConfig> read_config(ConfigReader& json) {
  MEMO_ASSIGN_OR_RETURN(auto family, family_of(json));
  ModelConfig config;
  config.family = family->family;
  require_whole_model(json);
  family->read_config(json, config);
  if (!json.status()) return json.status();
  return config;
}

Result<Checkpoint> read_checkpoint(ConfigReader& json, const ModelConfig& config, const TensorSource& tensors) {
  MEMO_ASSIGN_OR_RETURN(auto family, family_of(json));
  TensorReader reader(tensors, family->prefix);
  Checkpoint checkpoint;
  checkpoint.config = config;
  family->read_weights(json, reader, checkpoint);
  if (!json.status()) return json.status();
  if (!reader.status()) return reader.status();
  checkpoint.fingerprint = fingerprint_of(checkpoint);
  return checkpoint;
}

Result<ModelConfig> ModelConfig::load(const std::string& folder, TaskHeads heads) {
  MEMO_ASSIGN_OR_RETURN(auto json, read_counting_config(folder, heads));
  ConfigReader reader(json, config_path(folder));
  return read_config(reader);
}

Result<Checkpoint> Checkpoint::load(const std::string& folder, TaskHeads heads) {
  MEMO_ASSIGN_OR_RETURN(auto json, read_counting_config(folder, heads));
  ConfigReader reader(json, config_path(folder));
  MEMO_ASSIGN_OR_RETURN(auto config, read_config(reader));
  MEMO_ASSIGN_OR_RETURN(auto files, WeightFiles::open(folder));
  try {
    return read_checkpoint(reader, config, files);
  } catch (const std::exception& error) {
    return Status(StatusCode::internal, fmt::format("{}: {}", folder, error.what()));
  }
}

}  // namespace memo
