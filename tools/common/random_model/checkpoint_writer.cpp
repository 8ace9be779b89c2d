#include "tools/common/random_model/checkpoint_writer.h"

#include <fmt/format.h>

#include <filesystem>

#include "embed/files/output_file.h"
#include "embed/safetensors/safetensors.h"

namespace memo {
namespace {

// Other programs refuse safetensors that do not say which library's layout they have; this is PyTorch's.
constexpr const char* kFormat = "pt";

}  // namespace

Status save_checkpoint(const PublishedModel& model, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return {StatusCode::internal, fmt::format("{}: cannot be made: {}", folder, error.message())};
  MEMO_RETURN_IF_ERROR(write_file(folder + "/config.json", model.config.dump(2) + "\n"));
  return write_safetensors(folder + "/model.safetensors", model.tensors, {{"format", kFormat}});
}

}  // namespace memo
