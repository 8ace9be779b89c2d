#include "embed/files/draft_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace memo {
namespace {

constexpr int kAttempts = 100;
// Names may have 255 bytes, including what a draft's name adds.
constexpr std::size_t kMaxNameBytes = 200;

std::string path_of(int descriptor) {
  return fmt::format("/proc/self/fd/{}", descriptor);
}

// Some files cannot be synced; that is no error.
bool sync(int descriptor) {
  return ::fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP;
}

}  // namespace

Result<DraftFile> DraftFile::create(OutputPlace place, Naming naming) {
  DraftFile draft(std::move(place));
  MEMO_RETURN_IF_ERROR(draft.open(naming));
  draft.take_over_owner();
  return draft;
}

DraftFile::~DraftFile() {
  if (folder_ && !name_.empty()) ::unlinkat(folder_.get(), name_.c_str(), 0);
}

Status DraftFile::failed(const char* what) const {
  return {StatusCode::internal, fmt::format("{}: {}: {}", place_.path, what, std::strerror(errno))};
}

std::string DraftFile::draft_name(int attempt) const {
  return fmt::format(".{}.memo-{}-{}", place_.name().substr(0, kMaxNameBytes), ::getpid(), attempt);
}

Status DraftFile::open(Naming naming) {
  folder_ = UniqueFd(::open(place_.folder().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder_) return failed("cannot be written, its folder cannot be opened");
  if (naming == Naming::nameless_where_possible) {
    file_ = UniqueFd(::openat(folder_.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
    // Without /proc it could not be given a name later.
    if (file_ && ::access(path_of(file_.get()).c_str(), F_OK) == 0) return Status::ok();
  }
  return open_named();
}

Status DraftFile::open_named() {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::string name = draft_name(attempt);
    file_ = UniqueFd(::openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file_) {
      name_ = name;
      return Status::ok();
    }
    if (errno != EEXIST) break;
  }
  const bool is_forbidden = errno == EACCES || errno == EPERM || errno == EROFS;
  if (!place_.replaced || !is_forbidden) return failed("cannot be written");
  return failed(
      "cannot be replaced, as no new file can be made in its folder; make the folder writable, or write "
      "elsewhere");
}

// Where the owner cannot be kept, the file belongs to this process's user, as a copied file belongs to the person
// who copies it.
void DraftFile::take_over_owner() {
  if (!place_.replaced) return;
  const OutputPlace::Owner& owner = *place_.replaced;
  if (::fchown(file_.get(), owner.user, owner.group) != 0) (void)!::fchown(file_.get(), -1, owner.group);
  (void)::fchmod(file_.get(), owner.mode);
}

Status DraftFile::give_name() {
  for (int attempt = 0; attempt < kAttempts && name_.empty(); ++attempt) {
    const std::string name = draft_name(attempt);
    const int linked =
        ::linkat(AT_FDCWD, path_of(file_.get()).c_str(), folder_.get(), name.c_str(), AT_SYMLINK_FOLLOW);
    if (linked == 0) name_ = name;
    if (linked != 0 && errno != EEXIST) break;
  }
  return name_.empty() ? failed("cannot be written") : Status::ok();
}

Status DraftFile::take_place() {
  if (!sync(file_.get())) return failed("cannot be written");
  MEMO_RETURN_IF_ERROR(give_name());
  if (::renameat(folder_.get(), name_.c_str(), folder_.get(), place_.name().c_str()) != 0)
    return failed("cannot be replaced");
  name_.clear();
  return sync_folder();
}

Status DraftFile::sync_folder() const {
  const UniqueFd folder(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A folder that may be written but not read is synced with the rest of its file system.
  const bool is_synced = folder ? sync(folder.get()) : ::syncfs(file_.get()) == 0;
  return is_synced ? Status::ok() : failed("is written, but its folder cannot be synced");
}

}  // namespace memo
