// InputFile: the lines of a file, or of stdin for "-".
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "embed/files/input_handle.h"
#include "memo/status.h"

namespace memo {

class InputFile {
 public:
  // Errors: not_found, invalid_argument (a folder), internal, with the system's reason.
  static Result<InputFile> open(const std::string& path);

  // The next line without its end; nothing at the file's end. Errors: internal.
  Result<std::optional<std::string>> next_line();

  // How messages call it.
  const std::string& name() const { return name_; }
  // How much has been read, 0 .. 1; 1 where the size is not known.
  double fraction() const { return size_ == 0 ? 1 : static_cast<double>(read_) / static_cast<double>(size_); }

 private:
  InputFile(std::string name, InputHandle file, std::size_t size)
      : name_(std::move(name)), file_(std::move(file)), size_(size) {}

  std::string name_;
  InputHandle file_;
  std::size_t size_;
  std::size_t read_ = 0;
};

}  // namespace memo
