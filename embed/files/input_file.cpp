#include "embed/files/input_file.h"

#include <fmt/format.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace memo {
namespace {

struct LineBuffer {
  ~LineBuffer() { std::free(data); }
  char* data = nullptr;
  std::size_t capacity = 0;
};

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(InputHandle file, open_input(path));
  struct stat about = {};
  if (::fstat(::fileno(file.get()), &about) == 0 && S_ISDIR(about.st_mode))
    return Status(StatusCode::invalid_argument, fmt::format("{}: is a folder, not a file", path));
  const auto size = S_ISREG(about.st_mode) ? static_cast<std::size_t>(about.st_size) : 0;
  return InputFile(input_name(path), std::move(file), size);
}

Result<std::optional<std::string>> InputFile::next_line() {
  LineBuffer buffer;
  errno = 0;
  const ssize_t length = ::getline(&buffer.data, &buffer.capacity, file_.get());
  if (length < 0 && std::feof(file_.get()) != 0) return std::optional<std::string>();
  if (length < 0)
    return Status(StatusCode::internal, fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
  read_ += static_cast<std::size_t>(length);
  std::string line(buffer.data, static_cast<std::size_t>(length));
  if (line.back() == '\n') line.pop_back();
  return std::optional<std::string>(std::move(line));
}

}  // namespace memo
