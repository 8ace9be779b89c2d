#include "memod/store/pool/file/own_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "client/memory/backing.h"

namespace memo {
namespace {

enum class Kind { file_or_device, file, folder };

Status refused(const std::string& path, std::string_view why) {
  return {StatusCode::invalid_argument, fmt::format("{} {}", path, why)};
}

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return S_ISCHR(mode) ? "a character device" : "a block device";
}

Status check_kind(const std::string& path, int descriptor, const struct stat& info, Kind wanted) {
  if (S_ISLNK(info.st_mode)) return refused(path, "is a symbolic link; pass the path of what it points to");
  if (wanted == Kind::folder) return S_ISDIR(info.st_mode) ? Status::ok() : refused(path, "is not a folder");
  if (S_ISREG(info.st_mode)) return Status::ok();
  if (!S_ISCHR(info.st_mode) || wanted == Kind::file)
    return refused(path, fmt::format("is {}, not a regular file{}", kind_of(info.st_mode),
                                     wanted == Kind::file ? "" : " or a DAX device"));
  const auto device = inspect_file(descriptor);
  return device ? Status::ok()
                : Status(device.status().code(), fmt::format("{}: {}", path, device.status().message()));
}

Status check_owner(const std::string& path, const struct stat& info) {
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return refused(path,
                   fmt::format("belongs to user {}, and this is user {}: it is not used; open it as its owner, or "
                               "chown it",
                               info.st_uid, ::geteuid()));
  if ((info.st_mode & S_IWOTH) != 0)
    return refused(path, fmt::format("may be written by anybody (mode {:04o}): it is not used; chmod o-w it",
                                     info.st_mode & 07777));
  if ((info.st_mode & S_IWGRP) != 0 && info.st_gid != ::getegid() && !S_ISCHR(info.st_mode))
    return refused(path,
                   fmt::format("may be written by group {} (mode {:04o}), which is not this process's: it is not "
                               "used; chmod g-w it",
                               info.st_gid, info.st_mode & 07777));
  return Status::ok();
}

// Examines the file through a descriptor that does not open it (O_PATH), and opens it through that descriptor.
Result<UniqueFd> open_checked(int folder, const std::string& name, const std::string& path, int flags,
                              Kind wanted) {
  const UniqueFd place(::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat info = {};
  if (!place || ::fstat(place.get(), &info) != 0) return file_error(path, errno);
  MEMO_RETURN_IF_ERROR(check_kind(path, place.get(), info, wanted));
  MEMO_RETURN_IF_ERROR(check_owner(path, info));
  UniqueFd file(::open(name_of(place.get()).c_str(), flags | O_CLOEXEC));
  if (!file) return file_error(path, errno);
  return file;
}

}  // namespace

Result<UniqueFd> open_own_file(const std::string& path, int flags) {
  return open_checked(AT_FDCWD, path, path, flags, Kind::file_or_device);
}

Result<UniqueFd> open_own_folder(const std::string& path) {
  return open_checked(AT_FDCWD, path, path, O_RDONLY | O_DIRECTORY, Kind::folder);
}

Result<UniqueFd> open_own_file_in(int folder, const std::string& name, const std::string& path, int flags) {
  return open_checked(folder, name, path, flags, Kind::file);
}

std::string name_of(int descriptor) {
  return fmt::format("/proc/self/fd/{}", descriptor);
}

Status file_error(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
      return {StatusCode::not_found, fmt::format("{} does not exist", path)};
    case EACCES:
    case EPERM:
    case EROFS:
      return {StatusCode::invalid_argument, fmt::format("no permission to open {} for writing", path)};
    case EAGAIN:
      return {StatusCode::in_use, fmt::format("{} is in use by another process", path)};
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {StatusCode::full, fmt::format("no space left on the file system of {}", path)};
    default:
      return {StatusCode::internal, fmt::format("{}: {}", path, std::strerror(error))};
  }
}

}  // namespace memo
