// Mapping: a file or memfd mapped shared into this process, unmapped with its owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "memo/status.h"

namespace memo {

class Mapping {
 public:
  enum class Access { read_only, read_write };

  Mapping() = default;
  // Maps the first `bytes` bytes of `fd`, a file or a DAX device, which may be closed afterwards. From 2 MiB on
  // they start where a huge page can.
  // Errors: invalid_argument (the file is shorter: touching the rest would be a SIGBUS), internal (mmap failed).
  static Result<Mapping> map(int fd, std::uint64_t bytes, Access access);

  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  // Requires: mapped read_write, for writing.
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  explicit Mapping(std::span<std::byte> bytes) : bytes_(bytes) {}
  std::span<std::byte> bytes_;
};

}  // namespace memo
