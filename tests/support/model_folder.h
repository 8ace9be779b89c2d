// A copy of a checkpoint in the tree that a test can break.
#pragma once

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "embed/json/json_text.h"
#include "embed/safetensors/safetensors.h"
#include "model/checkpoint/checkpoint.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_files.h"

namespace memo::test {

using Tensors = std::map<std::string, at::Tensor>;

// Every vector and matrix of a safetensors file, as f32.
inline Tensors read_tensors(const std::string& path) {
  auto file = SafetensorsFile::open(path);
  if (!file) throw std::runtime_error(file.status().message());
  Tensors tensors;
  for (const std::string& name : file->names())
    for (const auto& shape : {std::vector<std::int64_t>{-1}, {-1, -1}, {-1, -1, -1}})
      if (auto tensor = file->tensor(name, shape)) tensors[name] = to_torch(*tensor);
  return tensors;
}

// name: of a folder in tests/data.
class ModelFolder {
 public:
  explicit ModelFolder(const std::string& name) {
    const std::string source = std::string(MEMO_SOURCE_DIR) + "/tests/data/" + name;
    for (const char* file : {"config.json", "model.safetensors"})
      std::filesystem::copy_file(source + "/" + file, folder_.file(file));
    config = read_json_file(folder_.file("config.json"), std::size_t{1} << 20).value();
    tensors = read_tensors(weights_path());
  }

  std::string path() const { return folder_.path(); }
  std::string file(const std::string& name) const { return folder_.file(name); }
  std::string weights_path() const { return folder_.file("model.safetensors"); }

  void write_config() const { write_text("config.json", config.dump()); }
  void write_text(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_.file(name)).parent_path());
    std::ofstream(folder_.file(name), std::ios::binary) << text;
  }
  void write_weights() const { write_weights("model.safetensors", tensors); }
  void write_weights(const std::string& name, const Tensors& some) const {
    const Status status = write_safetensors(folder_.file(name), some, {});
    if (!status) throw std::runtime_error(status.message());
  }

  // Loads the folder with one field of the config changed.
  Result<ModelConfig> config_with(const std::string& field, const nlohmann::json& value) const {
    nlohmann::json changed = config;
    changed[field] = value;
    write_text("config.json", changed.dump());
    return ModelConfig::load(path());
  }
  Result<ModelConfig> config_without(const std::string& field) const {
    nlohmann::json changed = config;
    changed.erase(field);
    write_text("config.json", changed.dump());
    return ModelConfig::load(path());
  }
  // Loads config and tensors as they are here.
  Result<Checkpoint> load() const {
    write_config();
    write_weights();
    return Checkpoint::load(path());
  }

  // What the test changes before it loads.
  nlohmann::json config;
  Tensors tensors;

 private:
  TempDir folder_;
};

}  // namespace memo::test
