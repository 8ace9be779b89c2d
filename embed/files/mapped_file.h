// A whole file mapped read-only.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "memo/status.h"

namespace memo {

// Requires: nobody shortens the file while it is mapped (reading past its end would raise SIGBUS).
// Threads: any.
class MappedFile {
 public:
  // Errors: not_found, unsupported (not a regular file), internal.
  static Result<MappedFile> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  // Lifetime: this object's.
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace memo
