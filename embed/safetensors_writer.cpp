#include <c10/util/Exception.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "embed/json_text.h"
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

// A file beside `path` that disappears unless commit() renames it there.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path)
      : path_(std::move(path)), temporary_(path_ + ".XXXXXX"), file_(mkstemp(temporary_.data())) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (file_ < 0) return;
    ::close(file_);
    if (!committed_) ::unlink(temporary_.c_str());
  }

  Status write(const void* data, std::size_t bytes);
  Status commit();

 private:
  Status failed(const char* what) const {
    return {StatusCode::internal, fmt::format("{}: {}: {}", path_, what, std::strerror(errno))};
  }
  Status sync_folder() const;

  std::string path_;
  std::string temporary_;
  int file_;
  bool committed_ = false;
};

Status TemporaryFile::write(const void* data, std::size_t bytes) {
  if (file_ < 0) return failed("cannot be created");
  const char* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(file_, next, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("cannot be written");
    next += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return Status::ok();
}

Status TemporaryFile::commit() {
  // mkstemp makes files that only their owner reads; models are for everybody.
  if (fchmod(file_, 0644) != 0 || fsync(file_) != 0) return failed("cannot be written");
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return failed("cannot be replaced");
  committed_ = true;
  return sync_folder();
}

Status TemporaryFile::sync_folder() const {
  const std::string parent = std::filesystem::path(path_).parent_path().string();
  const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && fsync(folder) == 0;
  Status status = synced ? Status::ok() : failed("its folder cannot be synced");
  if (folder >= 0) ::close(folder);
  return status;
}

Status write_file(const std::string& path, const std::string& header,
                  const std::map<std::string, at::Tensor>& tensors) {
  TemporaryFile file(path);
  const std::uint64_t length = header.size();
  MEMO_RETURN_IF_ERROR(file.write(&length, sizeof length));
  MEMO_RETURN_IF_ERROR(file.write(header.data(), header.size()));
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor contiguous = tensor.contiguous();
    MEMO_RETURN_IF_ERROR(file.write(contiguous.data_ptr(), contiguous.nbytes()));
  }
  return file.commit();
}

}  // namespace

Status write_safetensors(const std::string& path, const std::map<std::string, at::Tensor>& tensors,
                         const std::map<std::string, std::string>& metadata) {
  try {
    auto header = make_header(tensors, metadata);
    if (!header) return header.status();
    return write_file(path, *header, tensors);
  } catch (const std::exception& error) {
    return {StatusCode::internal, fmt::format("{}: {}", path, error.what())};
  }
}

}  // namespace memo
