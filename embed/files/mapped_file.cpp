#include "embed/files/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace memo {
namespace {

Status failed(const std::string& path, const char* what) {
  const int error = errno;
  return {error == ENOENT || error == ENOTDIR ? StatusCode::not_found : StatusCode::internal,
          fmt::format("{}: {}: {}", path, what, std::strerror(error))};
}

Result<std::span<const std::byte>> map_whole(int file, const std::string& path) {
  struct stat info {};
  if (fstat(file, &info) != 0) return failed(path, "cannot be examined");
  if (!S_ISREG(info.st_mode))
    return Status(StatusCode::unsupported, fmt::format("{}: is not a regular file", path));
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) return std::span<const std::byte>();  // an empty file cannot be mapped
  void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (address == MAP_FAILED) return failed(path, "cannot be mapped");
  return std::span(static_cast<const std::byte*>(address), size);
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return failed(path, "cannot be opened");
  auto bytes = map_whole(file, path);
  ::close(file);
  if (!bytes) return bytes.status();
  return MappedFile(*bytes);
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace memo
