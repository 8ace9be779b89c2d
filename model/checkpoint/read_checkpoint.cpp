#include "model/checkpoint/read_checkpoint.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "model/checkpoint/config_file.h"
#include "model/checkpoint/fingerprint.h"
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

// Whether pooling belongs to the caller's choice; a head was trained with one.
bool may_choose_pooling(const ModelConfig& config) {
  return config.task == Task::embedding;
}

Result<ModelConfig> load_config(ConfigReader& json, const std::string& folder) {
  auto config = read_config(json);
  if (!config || !may_choose_pooling(*config)) return config;
  auto pooling = read_pooling_file(folder, config->pooling);
  if (!pooling) return pooling.status();
  config->pooling = *pooling;
  return config;
}

}  // namespace

Result<ModelConfig> read_config(ConfigReader& json) {
  auto family = family_of(json);
  if (!family) return family.status();
  ModelConfig config;
  config.family = (*family)->family;
  (*family)->read_config(json, config);
  if (!json.status()) return json.status();
  return config;
}

Result<Checkpoint> read_checkpoint(ConfigReader& json, const ModelConfig& config, const TensorSource& tensors) {
  auto family = family_of(json);
  if (!family) return family.status();
  TensorReader reader(tensors, (*family)->prefix);
  Checkpoint checkpoint;
  checkpoint.config = config;
  (*family)->read_weights(json, reader, checkpoint);
  if (!json.status()) return json.status();
  if (!reader.status()) return reader.status();
  checkpoint.fingerprint = fingerprint_of(checkpoint);
  return checkpoint;
}

Result<ModelConfig> ModelConfig::load(const std::string& folder) {
  auto json = read_config_file(folder);
  if (!json) return json.status();
  ConfigReader reader(*json, config_path(folder));
  return load_config(reader, folder);
}

Result<Checkpoint> Checkpoint::load(const std::string& folder) {
  auto json = read_config_file(folder);
  if (!json) return json.status();
  ConfigReader reader(*json, config_path(folder));
  auto config = load_config(reader, folder);
  if (!config) return config.status();
  auto files = WeightFiles::open(folder);
  if (!files) return files.status();
  try {
    return read_checkpoint(reader, *config, *files);
  } catch (const std::exception& error) {
    return Status(StatusCode::internal, fmt::format("{}: {}", folder, error.what()));
  }
}

}  // namespace memo
