#include "client/protocol/mapping.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "client/memory/backing.h"

namespace memo {
namespace {

std::byte* round_up(std::byte* address, std::uint64_t alignment) {
  const auto rest = reinterpret_cast<std::uintptr_t>(address) % alignment;
  return rest == 0 ? address : address + (alignment - rest);
}

// Room for `bytes` bytes at a multiple of `alignment`, taken but not usable. Null: there is none.
std::byte* reserve(std::uint64_t bytes, std::uint64_t alignment) {
  void* taken = ::mmap(nullptr, bytes + alignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (taken == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<std::byte*>(taken);
  std::byte* const address = round_up(begin, alignment);
  if (address != begin) ::munmap(begin, static_cast<std::size_t>(address - begin));
  // From the page behind the last byte on.
  std::byte* const unused = round_up(address + bytes, 4096);
  std::byte* const end = begin + bytes + alignment;
  if (unused < end) ::munmap(unused, static_cast<std::size_t>(end - unused));
  return address;
}

}  // namespace

Result<Mapping> Mapping::map(int fd, std::uint64_t bytes, Access access) {
  MEMO_ASSIGN_OR_RETURN(const auto file, inspect_file(fd));
  if (file.bytes < bytes || bytes == 0)
    return Status{StatusCode::invalid_argument,
                  fmt::format("cannot map {} bytes of a file of {} bytes", bytes, file.bytes)};
  const bool aligned = bytes >= kHugePageBytes;
  std::byte* const place = aligned ? reserve(bytes, std::max(file.alignment, kHugePageBytes)) : nullptr;
  const int protection = access == Access::read_write ? PROT_READ | PROT_WRITE : PROT_READ;
  void* address = ::mmap(place, bytes, protection, MAP_SHARED | (place != nullptr ? MAP_FIXED : 0), fd, 0);
  if (address == MAP_FAILED) {
    const int error = errno;
    if (place != nullptr) ::munmap(place, bytes);
    return Status{StatusCode::internal, fmt::format("mmap of {} bytes: {}", bytes, std::strerror(error))};
  }
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
