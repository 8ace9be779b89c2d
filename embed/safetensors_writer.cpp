#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "embed/output_file.h"
#include "embed/safetensors.h"

namespace memo {
namespace {

// Keeps the data section aligned for every dtype.
constexpr std::size_t kHeaderAlignment = 8;

std::string_view dtype_name(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "F32";
    case at::kHalf:
      return "F16";
    case at::kBFloat16:
      return "BF16";
    case at::kByte:
      return "U8";
    default:
      return {};
  }
}

Result<std::string> make_header(const std::map<std::string, at::Tensor>& tensors,
                                const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::string_view dtype = dtype_name(tensor.scalar_type());
    if (dtype.empty() || name == "__metadata__")
      return Status(
          StatusCode::invalid_argument,
          fmt::format("tensor \"{}\" of dtype {} cannot be written: F32, F16, BF16 and U8 can, under any "
                      "name but __metadata__",
                      name, c10::toString(tensor.scalar_type())));
    header[name] = {
        {"dtype", dtype}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, offset + tensor.nbytes()}}};
    offset += tensor.nbytes();
  }
  std::string text = header.dump();
  text.append((kHeaderAlignment - text.size() % kHeaderAlignment) % kHeaderAlignment, ' ');
  return text;
}

Status write_tensors(const std::string& path, const std::string& header,
                     const std::map<std::string, at::Tensor>& tensors) {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file) return file.status();
  const std::uint64_t length = header.size();
  MEMO_RETURN_IF_ERROR(file->write({reinterpret_cast<const char*>(&length), sizeof length}));
  MEMO_RETURN_IF_ERROR(file->write(header));
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor contiguous = tensor.contiguous();
    MEMO_RETURN_IF_ERROR(file->write({static_cast<const char*>(contiguous.data_ptr()), contiguous.nbytes()}));
  }
  return file->close();
}

}  // namespace

Status write_safetensors(const std::string& path, const std::map<std::string, at::Tensor>& tensors,
                         const std::map<std::string, std::string>& metadata) {
  try {
    auto header = make_header(tensors, metadata);
    if (!header) return header.status();
    return write_tensors(path, *header, tensors);
  } catch (const std::exception& error) {
    return {StatusCode::internal, fmt::format("{}: {}", path, error.what())};
  }
}

}  // namespace memo
