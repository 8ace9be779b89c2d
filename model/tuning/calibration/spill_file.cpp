#include "model/tuning/calibration/spill_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace memo {

Result<SpillFile> SpillFile::create(const std::string& folder) {
  std::string path = folder + "/memo-spill-XXXXXX";
  const int file = mkostemp(path.data(), O_CLOEXEC);
  if (file < 0)
    return Status(StatusCode::internal,
                  fmt::format("{}: no temporary file can be made here: {}", folder, std::strerror(errno)));
  unlink(path.c_str());
  return SpillFile(folder, file);
}

SpillFile::SpillFile(SpillFile&& other) noexcept
    : folder_(std::move(other.folder_)), file_(std::exchange(other.file_, -1)) {}

SpillFile::~SpillFile() {
  if (file_ >= 0) close(file_);
}

Status SpillFile::failed(const char* what) const {
  return {StatusCode::internal,
          fmt::format("{}: a temporary file cannot be {}: {}", folder_, what, std::strerror(errno))};
}

Status SpillFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return failed("written");
    offset += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return Status::ok();
}

Status SpillFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t done = pread(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done == 0) errno = ENODATA;
    if (done <= 0) return failed("read");
    offset += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return Status::ok();
}

}  // namespace memo
