#include "model/memo/codebook.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "embed/safetensors.h"

namespace memo {
namespace {

const std::map<std::string, std::string> kMetadata{{"format", "memo-codebook"}, {"version", "1"}};

}  // namespace

at::Tensor uniform_map(const ModelConfig& config, std::uint32_t length) {
  at::Tensor map = at::ones({config.heads, length, length});
  if (config.causal) map = at::tril(map);
  return (map / map.sum(-1, true)).contiguous();
}

Result<Codebook> Codebook::load(const std::string& path, const std::vector<std::string>& names, MapShape shape) {
  const Result<SafetensorsFile> file = SafetensorsFile::open(path);
  if (!file) return file.status();
  for (const auto& [key, value] : kMetadata) {
    const auto found = file->metadata().find(key);
    if (found == file->metadata().end() || found->second != value)
      return Status(StatusCode::unsupported, fmt::format("{}: not a codebook: {} is not {}", path, key, value));
  }
  Codebook codebook;
  for (const std::string& name : names) {
    const Result<at::Tensor> map = file->tensor(name, {shape.heads, shape.length, shape.length});
    if (!map) return map.status();
    codebook.add(name, *map);
  }
  return codebook;
}

Status Codebook::save(const std::string& path) const {
  return write_safetensors(path, maps_, kMetadata);
}

}  // namespace memo
