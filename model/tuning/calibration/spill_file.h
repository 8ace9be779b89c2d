// SpillFile: bytes that need not stay in memory, in a temporary file without a name that ends with this object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "memo/status.h"

namespace memo {

// Threads: one at a time.
class SpillFile {
 public:
  // Errors: internal (no file can be made in the folder).
  static Result<SpillFile> create(const std::string& folder);
  SpillFile(SpillFile&& other) noexcept;
  SpillFile& operator=(SpillFile&&) = delete;
  ~SpillFile();

  // Errors: internal (the folder's device is full, or fails).
  Status write(std::uint64_t offset, std::span<const std::byte> bytes);
  // Requires: the bytes were written.
  Status read(std::uint64_t offset, std::span<std::byte> bytes) const;

 private:
  SpillFile(std::string folder, int file) : folder_(std::move(folder)), file_(file) {}
  Status failed(const char* what) const;

  std::string folder_;
  int file_;
};

}  // namespace memo
