#include "model/checkpoint/other_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

namespace memo {
namespace {

struct Format {
  std::string_view prefix;
  std::string_view suffix;
  std::string_view from;  // argument of from_pretrained(), after the folder; "-": transformers cannot convert it
};
constexpr std::string_view kNoConversion = "-";
constexpr Format kFormats[] = {{"pytorch_model", ".bin", ""},
                               {"pytorch_model", ".bin.index.json", ""},
                               {"tf_model", ".h5", ", from_tf=True"},
                               {"tf_model", ".h5.index.json", ", from_tf=True"},
                               {"flax_model", ".msgpack", ", from_flax=True"},
                               {"flax_model", ".msgpack.index.json", ", from_flax=True"},
                               {"", ".onnx", kNoConversion},
                               {"", ".gguf", kNoConversion}};

// Names of the files in a folder, sorted; none where it cannot be read.
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    names.push_back(entry->path().filename().string());
  std::ranges::sort(names);
  return names;
}

bool is_of(const Format& format, const std::string& name) {
  return name.starts_with(format.prefix) && name.ends_with(format.suffix);
}

std::string advice(const Format& format, const std::string& folder) {
  if (format.from == kNoConversion) return "; use the checkpoint that it was exported from";
  return fmt::format(
      "; convert them once, in Python with transformers: AutoModel.from_pretrained(\"{0}\"{1})"
      ".save_pretrained(\"{0}\", safe_serialization=True), with AutoModelForSequenceClassification or "
      "AutoModelForCausalLM in AutoModel's place where the model has such a head",
      folder, format.from);
}

// Names of files that may hold weights. Optimum exports into a subfolder.
std::vector<std::string> candidates(const std::string& folder) {
  std::vector<std::string> names = names_in(folder);
  for (const std::string& name : names_in(folder + "/onnx")) names.push_back("onnx/" + name);
  return names;
}

}  // namespace

Status missing_weights(const std::string& folder) {
  const std::string wanted = folder + "/model.safetensors";
  const std::vector<std::string> names = candidates(folder);
  for (const Format& format : kFormats)
    for (const std::string& name : names)
      if (is_of(format, name))
        return {StatusCode::unsupported, fmt::format("{}: is missing, and weights like {} are not read{}", wanted,
                                                     name, advice(format, folder))};
  for (const std::string& name : names)
    if (name.ends_with(".safetensors"))
      return {StatusCode::not_found,
              fmt::format("{}: is missing, and so is model.safetensors.index.json, which would "
                          "say what {} is a part of",
                          wanted, name)};
  return {StatusCode::not_found, fmt::format("{}: is missing", wanted)};
}

Status check_has_no_adapter(const std::string& folder) {
  const std::string path = folder + "/adapter_config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return Status::ok();
  return {StatusCode::unsupported,
          fmt::format("{}: adapters are not applied; merge this one into its model, in Python with peft: "
                      "merge_and_unload() and then save_pretrained() into a folder without adapter_config.json",
                      path)};
}

}  // namespace memo
