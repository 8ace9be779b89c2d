// Codebook: named attention maps that stand in for computed ones, such as averages. A safetensors file with the
// metadata format = "memo-codebook", version = "1"; each tensor is f32 [heads, length, length].
#pragma once

#include <map>
#include <string>
#include <vector>

#include "embed/tensor/tensor.h"
#include "memo/status.h"
#include "model/checkpoint/model_config.h"
#include "model/maps/map_codec.h"

namespace memo {

// The uninformative map: rows are uniform over all tokens, or, in a causal model, over the tokens so far.
// Shapes: -> [heads, length, length] f32
Tensor uniform_map(const ModelConfig& config, std::uint32_t length);

class Codebook {
 public:
  // Reads the maps with these names. Shapes: every map [shape.heads, shape.length, shape.length].
  // Errors: as SafetensorsFile; unsupported (another format or version).
  static Result<Codebook> load(const std::string& path, const std::vector<std::string>& names, MapShape shape);
  Status save(const std::string& path) const;

  void add(const std::string& name, Tensor map) { maps_[name] = std::move(map); }
  // Requires: the name was loaded or added.
  const Tensor& map(const std::string& name) const { return maps_.at(name); }

 private:
  std::map<std::string, Tensor> maps_;
};

}  // namespace memo
