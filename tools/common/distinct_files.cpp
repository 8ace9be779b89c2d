#include "tools/common/distinct_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>

#include "embed/files/input_handle.h"
#include "embed/files/output_place.h"

namespace memo {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMemoryDevices = 1;  // the major number of /dev/null, /dev/zero, /dev/full

// What a path stands for: a file that exists, or a name in a folder.
struct Identity {
  std::optional<struct stat> file;
  std::string absent;  // the canonical folder and the name; empty where there is a file, or no such folder
};

Identity identity_of(const NamedPath& named) {
  Identity identity;
  struct stat about = {};
  const bool is_input = named.use == NamedPath::Use::input;
  const bool exists = named.path == "-" ? ::fstat(is_input ? STDIN_FILENO : STDOUT_FILENO, &about) == 0
                                        : ::stat(named.path.c_str(), &about) == 0;
  if (exists) {
    identity.file = about;
    return identity;
  }
  const Result<OutputPlace> place = OutputPlace::find(named.path);
  if (!place) return identity;
  std::error_code absent;
  const fs::path folder = fs::canonical(place->folder(), absent);
  if (!absent) identity.absent = (folder / place->name()).string();
  return identity;
}

bool same_file(const Identity& a, const Identity& b) {
  if (a.file && b.file) return a.file->st_dev == b.file->st_dev && a.file->st_ino == b.file->st_ino;
  return !a.absent.empty() && a.absent == b.absent;
}

// Whether two options may not both name this file, because one of them would lose its input or output.
bool conflict(const NamedPath& a, const NamedPath& b, const Identity& file) {
  const bool same_use = a.use == b.use;
  if (same_use && a.path == "-" && b.path == "-") return true;
  const mode_t mode = file.file ? file.file->st_mode : mode_t{S_IFREG};
  if (S_ISREG(mode)) return !same_use || a.use == NamedPath::Use::output;
  if (S_ISCHR(mode))
    return same_use && a.use == NamedPath::Use::output && major(file.file->st_rdev) != kMemoryDevices;
  return same_use && (S_ISFIFO(mode) || S_ISSOCK(mode));
}

std::string described(const NamedPath& named) {
  if (named.use == NamedPath::Use::input) return input_name(named.path);
  return named.path == "-" ? "stdout" : named.path;
}

Status refuse(const NamedPath& a, const NamedPath& b) {
  const bool is_first_input = a.use == NamedPath::Use::input;
  std::string message;
  if (a.use != b.use)
    message = fmt::format("{} writes {}, which {} reads; write elsewhere", (is_first_input ? b : a).option,
                          described(is_first_input ? b : a), (is_first_input ? a : b).option);
  else if (is_first_input)
    message = fmt::format("{} and {} both read {}, which can be read once only", a.option, b.option, described(b));
  else
    message =
        fmt::format("{} and {} both write {}; give each a file of its own", a.option, b.option, described(b));
  return {StatusCode::invalid_argument, std::move(message)};
}

// The files that models are published as, whichever program reads them.
constexpr const char* kModelFiles[] = {"config.json",
                                       "model.safetensors",
                                       "model.safetensors.index.json",
                                       "pytorch_model.bin",
                                       "pytorch_model.bin.index.json",
                                       "tokenizer.json",
                                       "tokenizer_config.json",
                                       "special_tokens_map.json",
                                       "added_tokens.json",
                                       "vocab.txt",
                                       "vocab.json",
                                       "merges.txt",
                                       "spm.model",
                                       "spiece.model",
                                       "sentencepiece.bpe.model",
                                       "modules.json",
                                       "sentence_bert_config.json",
                                       "config_sentence_transformers.json"};

bool is_shard(const std::string& name) {
  return (name.starts_with("model-") && name.ends_with(".safetensors")) ||
         (name.starts_with("pytorch_model-") && name.ends_with(".bin"));
}

}  // namespace

Status distinct_files(std::span<const NamedPath> files) {
  std::vector<Identity> identities;
  for (std::size_t i = 0; i < files.size(); ++i) {
    identities.push_back(files[i].path.empty() ? Identity{} : identity_of(files[i]));
    for (std::size_t j = 0; j < i; ++j)
      if (same_file(identities[j], identities[i]) && conflict(files[j], files[i], identities[i]))
        return refuse(files[j], files[i]);
  }
  return Status::ok();
}

std::vector<NamedPath> model_files(const std::string& option, const std::string& folder) {
  std::vector<NamedPath> files;
  std::error_code ignored;
  if (folder.empty() || !fs::is_directory(folder, ignored)) return files;
  const auto add_names = [&](const fs::path& in) {
    for (const char* name : kModelFiles) files.push_back(NamedPath::input(option, (in / name).string()));
  };
  add_names(folder);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.is_directory(ignored)) add_names(entry.path());
    if (is_shard(entry.path().filename().string()))
      files.push_back(NamedPath::input(option, entry.path().string()));
  }
  return files;
}

NamedPath pool_file(const std::string& option, const std::string& endpoint) {
  constexpr std::string_view kScheme = "file:";
  return NamedPath::input(option, endpoint.starts_with(kScheme) ? endpoint.substr(kScheme.size()) : "");
}

void require_distinct_files(CLI::App& command, std::function<std::vector<NamedPath>()> files) {
  command.final_callback([files = std::move(files)] {
    const Status distinct = distinct_files(files());
    if (!distinct) throw CLI::ValidationError(distinct.message(), CLI::ExitCodes::ValidationError);
  });
}

}  // namespace memo
