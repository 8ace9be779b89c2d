#include "tools/memo-profile/profile_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "embed/output_file.h"
#include "model/memo/codebook.h"

namespace memo {
namespace {

namespace fs = std::filesystem;

Status copy_into(const std::string& from, const std::string& to) {
  std::ifstream source(from, std::ios::binary);
  if (!source) return {StatusCode::internal, fmt::format("{}: cannot be opened", from)};
  Result<OutputFile> target = OutputFile::create(to);
  if (!target) return target.status();
  std::vector<char> buffer(1 << 20);
  while (source.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || source.gcount() > 0)
    MEMO_RETURN_IF_ERROR(target->write({buffer.data(), static_cast<std::size_t>(source.gcount())}));
  if (source.bad()) return {StatusCode::internal, fmt::format("{}: cannot be read", from)};
  return target->close();
}

// The averages of those layers only that have fixed heads.
Status write_codebook(const Policy& policy, MapShape shape, const std::string& path) {
  std::vector<std::string> names;
  for (const LayerPolicy& layer : policy.layers)
    if (layer.has_fixed_heads()) names.push_back(layer.map);
  if (names.empty()) return Status::ok();
  const Result<Codebook> codebook = Codebook::load(policy.codebook, names, shape);
  if (!codebook) return codebook.status();
  return codebook->save(path);
}

}  // namespace

Status make_output_folder(const std::string& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (!failed && fs::is_directory(path)) return Status::ok();
  return {StatusCode::internal, fmt::format("--output: cannot make the folder {}: {}", path, failed.message())};
}

Status write_profile_files(const TrialGround& ground, const Trial* chosen) {
  const ProfileOptions& options = ground.options;
  const Checkpoint& checkpoint = ground.model.checkpoint;
  Policy policy;
  policy.length = ground.length;
  policy.model = checkpoint.fingerprint.hex();
  policy.layers.resize(checkpoint.layers.size());
  if (chosen == nullptr) return policy.save(options.output + "/policy.toml");
  policy.layers = chosen->candidate.layers;
  for (LayerPolicy& layer : policy.layers) layer.publish = true;  // trials do not
  const MapShape shape{static_cast<std::uint32_t>(checkpoint.config.heads), ground.length, policy.encoding};
  if (any_looks_up(policy.layers) && !ground.embedder.empty()) {
    policy.embedder = options.output + "/embedder.safetensors";
    MEMO_RETURN_IF_ERROR(copy_into(ground.embedder, policy.embedder));
  }
  policy.codebook = ground.codebook;
  MEMO_RETURN_IF_ERROR(write_codebook(policy, shape, options.output + "/codebook.safetensors"));
  policy.codebook = options.output + "/codebook.safetensors";
  if (!chosen->calibration.empty()) {
    policy.calibration = options.output + "/calibration.safetensors";
    MEMO_RETURN_IF_ERROR(copy_into(chosen->calibration, policy.calibration));
  }
  if (chosen->judge && chosen->judge->head())
    MEMO_RETURN_IF_ERROR(chosen->judge->head()->save(options.output + "/head.json"));
  return policy.save(options.output + "/policy.toml");
}

std::string command_for(const ProfileOptions& options, bool pays, bool head) {
  std::string command = fmt::format("memo-infer --model '{}' --input NEW.jsonl", options.model);
  if (pays) command += fmt::format(" --memo file:/dev/shm/memos.pool --policy '{}/policy.toml'", options.output);
  if (head) command += fmt::format(" --head '{}/head.json'", options.output);
  return command + fmt::format(" --dtype {} --batch {} --output -", options.dtype, options.batch);
}

std::string describe_machine() {
  std::ifstream file("/proc/cpuinfo");
  std::string cpu = "unknown CPU";
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) {
      cpu = line.substr(line.find(':') + 2);
      break;
    }
  return fmt::format("{}, {} cores", cpu, std::thread::hardware_concurrency());
}

}  // namespace memo
