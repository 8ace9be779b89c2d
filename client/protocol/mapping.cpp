#include "client/protocol/mapping.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace memo {

Result<Mapping> Mapping::map(int fd, std::uint64_t bytes, Access access) {
  struct stat file = {};
  if (::fstat(fd, &file) != 0) return Status{StatusCode::internal, fmt::format("fstat: {}", std::strerror(errno))};
  if (static_cast<std::uint64_t>(file.st_size) < bytes || bytes == 0)
    return Status{StatusCode::invalid_argument,
                  fmt::format("cannot map {} bytes of a file of {} bytes", bytes, file.st_size)};
  const int protection = access == Access::read_write ? PROT_READ | PROT_WRITE : PROT_READ;
  void* address = ::mmap(nullptr, bytes, protection, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED)
    return Status{StatusCode::internal, fmt::format("mmap of {} bytes: {}", bytes, std::strerror(errno))};
  return Mapping({static_cast<std::byte*>(address), bytes});
}

Mapping::Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace memo
