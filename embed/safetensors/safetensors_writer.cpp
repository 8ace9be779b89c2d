#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "embed/files/output_file.h"
#include "embed/safetensors/safetensors.h"
#include "embed/safetensors/safetensors_header.h"

namespace memo {
namespace {

// Keeps the data section aligned for every dtype.
constexpr std::size_t kHeaderAlignment = 8;

Result<std::string> make_header(const std::map<std::string, Tensor>& tensors,
                                const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    if (name == "__metadata__")
      return Status(StatusCode::invalid_argument, "a tensor cannot be named __metadata__");
    header[name] = {{"dtype", safetensors_dtype(tensor.type())},
                    {"shape", tensor.sizes()},
                    {"data_offsets", {offset, offset + tensor.nbytes()}}};
    offset += tensor.nbytes();
  }
  std::string text = header.dump();
  text.append((kHeaderAlignment - text.size() % kHeaderAlignment) % kHeaderAlignment, ' ');
  return text;
}

Status write_tensors(const std::string& path, const std::string& header,
                     const std::map<std::string, Tensor>& tensors) {
  MEMO_ASSIGN_OR_RETURN(OutputFile file, OutputFile::create(path));
  const std::uint64_t length = header.size();
  MEMO_RETURN_IF_ERROR(file.write({reinterpret_cast<const char*>(&length), sizeof length}));
  MEMO_RETURN_IF_ERROR(file.write(header));
  for (const auto& [name, tensor] : tensors) {
    MEMO_RETURN_IF_ERROR(file.write({static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()}));
  }
  return file.close();
}

}  // namespace

Status write_safetensors(const std::string& path, const std::map<std::string, Tensor>& tensors,
                         const std::map<std::string, std::string>& metadata) {
  try {
    MEMO_ASSIGN_OR_RETURN(auto header, make_header(tensors, metadata));
    return write_tensors(path, header, tensors);
  } catch (const std::exception& error) {
    return {StatusCode::internal, fmt::format("{}: {}", path, error.what())};
  }
}

}  // namespace memo
