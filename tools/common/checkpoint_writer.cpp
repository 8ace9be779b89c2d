#include "tools/common/checkpoint_writer.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "embed/safetensors.h"

namespace memo {
namespace {

// Other programs refuse safetensors that do not say which library's layout they have; this is PyTorch's.
constexpr const char* kFormat = "pt";

Status write_config(const nlohmann::json& config, const std::string& path) {
  std::ofstream file(path);
  file << config.dump(2) << '\n';
  if (file.flush()) return Status::ok();
  return {StatusCode::internal, fmt::format("{}: cannot be written", path)};
}

}  // namespace

Status save_checkpoint(const PublishedModel& model, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return {StatusCode::internal, fmt::format("{}: cannot be made: {}", folder, error.message())};
  MEMO_RETURN_IF_ERROR(write_config(model.config, folder + "/config.json"));
  return write_safetensors(folder + "/model.safetensors", model.tensors, {{"format", kFormat}});
}

}  // namespace memo
