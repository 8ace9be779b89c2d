#include "embed/files/input_handle.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace memo {

void InputCloser::operator()(std::FILE* file) const {
  if (file != stdin) std::fclose(file);
}

Result<InputHandle> open_input(const std::string& path) {
  InputHandle file(path == "-" ? stdin : std::fopen(path.c_str(), "re"));
  if (file != nullptr) return file;
  const bool is_absent = errno == ENOENT || errno == ENOTDIR;
  return Status(is_absent ? StatusCode::not_found : StatusCode::internal,
                fmt::format("{}: cannot be opened: {}", path, std::strerror(errno)));
}

std::string input_name(const std::string& path) {
  return path == "-" ? "stdin" : path;
}

}  // namespace memo
