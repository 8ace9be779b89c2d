#include "model/checkpoint/weight_files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <utility>

#include "embed/json/json_text.h"
#include "model/checkpoint/other_weights.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxIndexBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxShards = 1024;

Status corrupt(const std::string& path, const std::string& what) {
  return {StatusCode::corrupt, fmt::format("{}: {}", path, what)};
}

// An index is not trusted: it may name only files beside it.
bool is_plain_name(const std::string& name) {
  return name.ends_with(".safetensors") && !name.starts_with('.') && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

// -> tensor: shard
Result<std::map<std::string, std::string>> read_index(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(auto json, read_json_file(path, kMaxIndexBytes));
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
    return corrupt(path, "weight_map is missing or no JSON object");
  std::map<std::string, std::string> shards;
  for (const auto& [name, shard] : json["weight_map"].items()) {
    if (!shard.is_string() || !is_plain_name(shard.get_ref<const std::string&>()))
      return corrupt(path, fmt::format("weight_map: tensor \"{}\" is in {}, must be a safetensors file beside it",
                                       name, shard.dump()));
    shards.emplace(name, shard.get<std::string>());
  }
  return shards;
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace

Result<WeightFiles> WeightFiles::open(const std::string& folder) {
  const std::string path = folder + "/model.safetensors";
  if (!exists(path)) return exists(path + ".index.json") ? open_shards(folder) : missing_weights(folder);
  MEMO_ASSIGN_OR_RETURN(auto file, SafetensorsFile::open(path));
  WeightFiles files;
  files.files_.push_back(std::move(file));
  return files;
}

Result<WeightFiles> WeightFiles::open_shards(const std::string& folder) {
  const std::string path = folder + "/model.safetensors.index.json";
  MEMO_ASSIGN_OR_RETURN(auto shards, read_index(path));
  if (shards.empty()) return corrupt(path, "weight_map is empty");
  WeightFiles files;
  std::map<std::string, std::size_t> opened;
  for (const auto& [name, shard] : shards) {
    const auto [found, added] = opened.emplace(shard, opened.size());
    if (opened.size() > kMaxShards) return corrupt(path, fmt::format("names more than {} files", kMaxShards));
    if (added) MEMO_RETURN_IF_ERROR(files.add_shard(folder, shard));
    files.index_.emplace(name, found->second);
  }
  return files;
}

Status WeightFiles::add_shard(const std::string& folder, const std::string& shard) {
  MEMO_ASSIGN_OR_RETURN(auto file, SafetensorsFile::open(folder + "/" + shard));
  files_.push_back(std::move(file));
  return Status::ok();
}

bool WeightFiles::has(const std::string& name) const {
  return index_.empty() ? files_.front().has(name) : index_.contains(name);
}

const SafetensorsFile& WeightFiles::file_of(const std::string& name) const {
  const auto found = index_.find(name);
  return files_[found == index_.end() ? 0 : found->second];
}

Result<Tensor> WeightFiles::tensor(const std::string& name, const std::vector<std::int64_t>& shape) const {
  return file_of(name).tensor(name, shape);
}

}  // namespace memo
