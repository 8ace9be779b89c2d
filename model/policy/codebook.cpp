#include "model/policy/codebook.h"

#include <fmt/format.h>

#include <algorithm>

#include "embed/safetensors/safetensors.h"

namespace memo {
namespace {

const std::map<std::string, std::string> kMetadata{{"format", "memo-codebook"}, {"version", "1"}};

}  // namespace

Tensor uniform_map(const ModelConfig& config, std::uint32_t length) {
  Tensor map = Tensor::zeros({config.heads * length, length});
  for (std::int64_t i = 0; i < map.size(0); ++i) {
    const std::size_t tokens = config.causal ? static_cast<std::size_t>(i % length) + 1 : length;
    std::ranges::fill(map.row(i).first(tokens), 1 / static_cast<float>(tokens));
  }
  return map.reshape({config.heads, length, length});
}

Result<Codebook> Codebook::load(const std::string& path, const std::vector<std::string>& names, MapShape shape) {
  MEMO_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::open(path));
  for (const auto& [key, value] : kMetadata) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end() || found->second != value)
      return Status(StatusCode::unsupported, fmt::format("{}: not a codebook: {} is not {}", path, key, value));
  }
  Codebook codebook;
  for (const std::string& name : names) {
    MEMO_ASSIGN_OR_RETURN(const Tensor map, file.tensor(name, {shape.heads, shape.length, shape.length}));
    codebook.add(name, map);
  }
  return codebook;
}

Status Codebook::save(const std::string& path) const {
  return write_safetensors(path, maps_, kMetadata);
}

}  // namespace memo
