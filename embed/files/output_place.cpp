#include "embed/files/output_place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace memo {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as in Linux

Status not_writable(const std::string& path, int error) {
  return {StatusCode::internal, fmt::format("{}: cannot be written: {}", path, std::strerror(error))};
}

std::string folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

// Links there name open files of a process; readlink() returns no place for them.
bool is_in_proc(const std::string& path) {
  struct statfs about = {};
  return ::statfs(folder_of(path).c_str(), &about) == 0 && about.f_type == PROC_SUPER_MAGIC;
}

std::string target_of(const std::string& link) {
  std::error_code ignored;
  const fs::path target = fs::read_symlink(link, ignored);
  return target.is_absolute() ? target.string() : (fs::path(folder_of(link)) / target).string();
}

bool is_mount_point(const std::string& path) {
#ifdef STATX_ATTR_MOUNT_ROOT
  struct statx about = {};
  return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &about) == 0 &&
         (about.stx_attributes_mask & about.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
#else
  (void)path;
  return false;
#endif
}

// A rename could replace files that may not be written.
Status check_replaceable(const std::string& path) {
  if (is_mount_point(path))
    return {StatusCode::invalid_argument,
            fmt::format("{}: is a mount point, which no new file can replace; mount its folder instead", path)};
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) return not_writable(path, errno);
  return Status::ok();
}

}  // namespace

std::string OutputPlace::folder() const {
  return folder_of(path);
}

std::string OutputPlace::name() const {
  return fs::path(path).filename().string();
}

Result<OutputPlace> OutputPlace::find(const std::string& path) {
  OutputPlace place;
  place.path = path;
  for (int links = 0; links <= kMaxLinks; ++links) {
    struct stat about = {};
    const bool exists = ::lstat(place.path.c_str(), &about) == 0;
    if (!exists && (errno != ENOENT || path.empty())) return not_writable(path, errno);
    if (place.name().empty() || (exists && S_ISDIR(about.st_mode)))
      return Status(StatusCode::invalid_argument, fmt::format("{}: is a folder, not a file", path));
    if (!exists) return place;
    if (S_ISREG(about.st_mode)) {
      MEMO_RETURN_IF_ERROR(check_replaceable(place.path));
      place.replaced = Owner{about.st_mode & 0777, about.st_uid, about.st_gid};
      return place;
    }
    if (!S_ISLNK(about.st_mode) || is_in_proc(place.path)) {
      place.is_stream = true;
      return place;
    }
    place.path = target_of(place.path);
  }
  return not_writable(path, ELOOP);
}

}  // namespace memo
