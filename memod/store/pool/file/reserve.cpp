#include "memod/store/pool/file/reserve.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <optional>

#include "memod/store/pool/file/own_file.h"

namespace memo {

Status reserve_space(int file, const std::string& path, std::uint64_t bytes) {
  const int error = posix_fallocate(file, 0, static_cast<off_t>(bytes));
  if (error == 0) return Status::ok();
  Status status = file_error(path, error);
  if (status.code() != StatusCode::full) return status;
  return {StatusCode::full,
          fmt::format("{}: pool needs {} bytes; pass a smaller --size", status.message(), bytes)};
}

namespace {

// How much room the file system still has; nothing where it does not say.
std::optional<std::uint64_t> available_bytes(int file) {
  struct statvfs system = {};
  if (fstatvfs(file, &system) != 0 || system.f_blocks == 0) return std::nullopt;
  return std::uint64_t{system.f_bavail} * system.f_frsize;
}

}  // namespace

Status fill_holes(int file, const std::string& path, const BackedFile& backing) {
  struct stat info = {};
  if (backing.backing == Backing::devdax || fstat(file, &info) != 0) return Status::ok();
  const std::uint64_t present = static_cast<std::uint64_t>(info.st_blocks) * 512;
  if (present >= backing.bytes) return Status::ok();
  const auto full = [&] {
    return Status(StatusCode::full,
                  fmt::format("{} has holes: {} of its {} bytes are there, and its file system has no "
                              "room for the others",
                              path, present, backing.bytes));
  };
  // This is checked first: some file systems keep what they had already given when they run out.
  if (const auto available = available_bytes(file); available && *available < backing.bytes - present)
    return full();
  if (fallocate(file, 0, 0, static_cast<off_t>(backing.bytes)) == 0) return Status::ok();
  // A file system without this call may also compress, and then there is nothing to fill.
  return errno == EOPNOTSUPP ? Status::ok() : errno == ENOSPC ? full() : file_error(path, errno);
}

}  // namespace memo
