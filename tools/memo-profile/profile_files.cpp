#include "tools/memo-profile/profile_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include "embed/files/output_file.h"
#include "model/policy/codebook.h"

namespace memo {
namespace {

namespace fs = std::filesystem;

// Files of a folder that belong together. They take their places one after another when all of them are complete.
// A process that is killed in between leaves files of two profiles; the policy's digests reveal that.
class FileSet {
 public:
  explicit FileSet(std::string folder) : folder_(std::move(folder)) {}

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  Status copy(const std::string& from, const std::string& name);
  Status write(const std::string& name, std::string_view text);
  Status close() {
    for (OutputFile& file : files_) MEMO_RETURN_IF_ERROR(file.close());
    return Status::ok();
  }

 private:
  Result<OutputFile*> add(const std::string& name) {
    MEMO_ASSIGN_OR_RETURN(OutputFile file, OutputFile::create(path(name)));
    return &files_.emplace_back(std::move(file));
  }

  std::string folder_;
  std::vector<OutputFile> files_;
};

Status FileSet::copy(const std::string& from, const std::string& name) {
  if (from.empty()) return Status::ok();
  std::ifstream source(from, std::ios::binary);
  if (!source) return {StatusCode::internal, fmt::format("{}: cannot be opened", from)};
  MEMO_ASSIGN_OR_RETURN(OutputFile* const target, add(name));
  std::vector<char> buffer(1 << 20);
  while (source.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || source.gcount() > 0)
    MEMO_RETURN_IF_ERROR(target->write({buffer.data(), static_cast<std::size_t>(source.gcount())}));
  if (source.bad()) return {StatusCode::internal, fmt::format("{}: cannot be read", from)};
  return Status::ok();
}

Status FileSet::write(const std::string& name, std::string_view text) {
  MEMO_ASSIGN_OR_RETURN(OutputFile* const target, add(name));
  return target->write(text);
}

// Saves the averages of those layers that have fixed heads. -> the file; empty if there are no such layers.
Result<std::string> make_codebook(const TrialGround& ground, const Policy& policy) {
  std::vector<std::string> names;
  for (const LayerPolicy& layer : policy.layers)
    if (layer.has_fixed_heads()) names.push_back(layer.map);
  if (names.empty()) return std::string();
  const auto heads = static_cast<std::uint32_t>(ground.model().checkpoint.config.heads);
  MEMO_ASSIGN_OR_RETURN(const Codebook codebook,
                        Codebook::load(ground.codebook, names, {heads, ground.length(), policy.encoding}));
  const std::string path = ground.folder + "/chosen-codebook.safetensors";
  MEMO_RETURN_IF_ERROR(codebook.save(path));
  return path;
}

// The policy of the chosen candidate. It names the files where the search left them, and has their digests.
Result<Policy> policy_of(const TrialGround& ground, const Trial* chosen) {
  const Checkpoint& checkpoint = ground.model().checkpoint;
  Policy policy;
  policy.length = ground.length();
  policy.model = checkpoint.fingerprint.hex();
  policy.kinds.output = true;
  policy.layers.resize(checkpoint.layers.size());
  if (chosen == nullptr) return policy;
  policy.layers = chosen->candidate.layers;
  for (LayerPolicy& layer : policy.layers) layer.publish = true;  // trials do not
  if (any_looks_up(policy.layers)) policy.embedder = ground.embedder;
  MEMO_ASSIGN_OR_RETURN(policy.codebook, make_codebook(ground, policy));
  policy.calibration = chosen->calibration;
  MEMO_RETURN_IF_ERROR(policy.take_digests());
  return policy;
}

// Copies a file that the policy names, and names the copy instead.
Status move_into(FileSet& files, std::string& file, const std::string& name) {
  MEMO_RETURN_IF_ERROR(files.copy(file, name));
  if (!file.empty()) file = files.path(name);
  return Status::ok();
}

}  // namespace

Status make_output_folder(const std::string& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (!failed && fs::is_directory(path)) return check_output(path + "/policy.toml");
  return {StatusCode::internal, fmt::format("--output: cannot make the folder {}: {}", path, failed.message())};
}

Status write_profile_files(const TrialGround& ground, const Trial* chosen) {
  MEMO_ASSIGN_OR_RETURN(Policy policy, policy_of(ground, chosen));
  FileSet files(ground.options.output);
  MEMO_RETURN_IF_ERROR(move_into(files, policy.embedder, "embedder.safetensors"));
  MEMO_RETURN_IF_ERROR(move_into(files, policy.codebook, "codebook.safetensors"));
  MEMO_RETURN_IF_ERROR(move_into(files, policy.calibration, "calibration.safetensors"));
  if (chosen != nullptr && chosen->judge && chosen->judge->head())
    MEMO_RETURN_IF_ERROR(files.write("head.json", chosen->judge->head()->to_json()));
  MEMO_RETURN_IF_ERROR(files.write("policy.toml", policy.to_toml(files.path("policy.toml"))));
  return files.close();
}

std::string command_for(const ProfileOptions& options, bool pays, bool head) {
  std::string command = fmt::format("memo-infer --model '{}' --input NEW.jsonl", options.model);
  if (pays) command += fmt::format(" --memo 'file:{0}/memos.pool' --policy '{0}/policy.toml'", options.output);
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
