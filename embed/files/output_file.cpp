#include "embed/files/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace memo {
namespace {

constexpr char kStdoutName[] = "stdout";

Status cannot_be_written(const std::string& path) {
  return {StatusCode::internal, fmt::format("{}: cannot be written: {}", path, std::strerror(errno))};
}

}  // namespace

void OutputFile::Closer::operator()(std::FILE* file) const {
  if (file != stdout) std::fclose(file);
}

Result<OutputFile> OutputFile::create(const std::string& path) {
  if (path == "-") return OutputFile(kStdoutName, Handle(stdout), std::nullopt);
  MEMO_ASSIGN_OR_RETURN(OutputPlace place, OutputPlace::find(path));
  if (!place.is_stream) return create_draft(path, std::move(place));
  Handle file(std::fopen(path.c_str(), "we"));
  if (file == nullptr) return cannot_be_written(path);
  return OutputFile(path, std::move(file), std::nullopt);
}

Result<OutputFile> OutputFile::create_draft(const std::string& path, OutputPlace place) {
  MEMO_ASSIGN_OR_RETURN(DraftFile draft, DraftFile::create(std::move(place)));
  // The draft keeps its own descriptor, to sync and name what this one has written.
  const int descriptor = ::fcntl(draft.descriptor(), F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) return cannot_be_written(path);
  Handle file(::fdopen(descriptor, "w"));
  if (file == nullptr) {
    ::close(descriptor);
    return cannot_be_written(path);
  }
  return OutputFile(path, std::move(file), std::move(draft));
}

Status OutputFile::failure() const {
  return {StatusCode::internal, fmt::format("{}: write failed: {}", name_, std::strerror(errno))};
}

Status OutputFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) return failure();
  return Status::ok();
}

Status OutputFile::close() {
  if (std::fflush(file_.get()) != 0) return failure();
  if (draft_) MEMO_RETURN_IF_ERROR(draft_->take_place());
  file_.reset();
  draft_.reset();
  return Status::ok();
}

Status check_output(const std::string& path) {
  if (path.empty() || path == "-") return Status::ok();
  MEMO_ASSIGN_OR_RETURN(OutputPlace place, OutputPlace::find(path));
  if (place.is_stream) return Status::ok();
  return DraftFile::create(std::move(place)).status();
}

Status write_file(const std::string& path, std::string_view text) {
  MEMO_ASSIGN_OR_RETURN(OutputFile file, OutputFile::create(path));
  MEMO_RETURN_IF_ERROR(file.write(text));
  return file.close();
}

}  // namespace memo
