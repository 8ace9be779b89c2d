#include "tools/common/output_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace memo {

void OutputFile::Closer::operator()(std::FILE* file) const {
  if (file != stdout) std::fclose(file);
}

Result<OutputFile> OutputFile::create(const std::string& path) {
  std::unique_ptr<std::FILE, Closer> file(path == "-" ? stdout : std::fopen(path.c_str(), "w"));
  if (file == nullptr)
    return Status(StatusCode::internal, fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
  return OutputFile(path, std::move(file));
}

Status OutputFile::failure(const char* what) const {
  return {StatusCode::internal, fmt::format("{}: {}: {}", path_, what, std::strerror(errno))};
}

Status OutputFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) return failure("write failed");
  return Status::ok();
}

Status OutputFile::close() {
  if (std::fflush(file_.get()) != 0) return failure("write failed");
  file_.reset();
  return Status::ok();
}

Status write_file(const std::string& path, std::string_view text) {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file) return file.status();
  MEMO_RETURN_IF_ERROR(file->write(text));
  return file->close();
}

}  // namespace memo
