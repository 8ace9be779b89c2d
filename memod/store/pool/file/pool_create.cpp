// Makes a pool: a file that has another name beside its own until it is complete, or a device as it is.
#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "memod/store/pool/examine/headers.h"
#include "memod/store/pool/examine/heap.h"
#include "memod/store/pool/file/own_file.h"
#include "memod/store/pool/file/pool_file.h"
#include "memod/store/pool/file/reserve.h"
#include "memod/store/pool/file/root_init.h"
#include "memod/store/pool/format/layout.h"

namespace memo {
namespace {

// A crashed creation left this file, unless somebody holds its lock, or it is something else.
Status remove_stale_draft(const std::string& draft) {
  const auto file = open_own_file(draft, O_RDONLY);
  if (!file) return file.status().code() == StatusCode::not_found ? Status::ok() : file.status();
  if (flock(file->get(), LOCK_EX | LOCK_NB) != 0)
    return {StatusCode::in_use, fmt::format("{} is being created by another process", draft)};
  return unlink(draft.c_str()) == 0 ? Status::ok() : file_error(draft, errno);
}

// Growing a file beyond this limit ends the process with SIGXFSZ before any error is returned.
Status check_file_size_limit(const std::string& path, std::uint64_t bytes) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur)
    return Status::ok();
  return {
      StatusCode::full,
      fmt::format("{}: pool needs {} bytes, this process may write files of {} (ulimit -f); pass a smaller --size",
                  path, bytes, limit.rlim_cur)};
}

Result<UniqueFd> make_draft(const std::string& draft) {
  UniqueFd file(open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file) return file;
  if (errno == ENOENT)
    return Status(StatusCode::invalid_argument, fmt::format("the folder of {} does not exist", draft));
  if (errno == EEXIST)
    return Status(StatusCode::in_use, fmt::format("{} is being created by another process", draft));
  return file_error(draft, errno);
}

// Removes the unfinished file unless it got its name.
class DraftFile {
 public:
  explicit DraftFile(std::string path) : path_(std::move(path)) {}
  ~DraftFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  DraftFile(const DraftFile&) = delete;
  DraftFile& operator=(const DraftFile&) = delete;
  const std::string& path() const { return path_; }
  Status rename_to(const std::string& path) {
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
      return errno == EEXIST ? Status(StatusCode::already_exists, fmt::format("{} exists already", path))
                             : file_error(path, errno);
    path_.clear();
    return Status::ok();
  }

 private:
  std::string path_;
};

Result<PoolFile> create_in(UniqueFd file, const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(const auto backing, inspect_pool_file(path, file.get()));
  MEMO_RETURN_IF_ERROR(check_pool_size(path, backing.bytes));
  if (!is_sound_pool_size(usable_bytes(backing)))
    return Status(StatusCode::invalid_argument,
                  fmt::format("libpmemobj makes no sound heap in {} bytes; pass a --size that is 2 MiB larger",
                              backing.bytes));
  MEMO_RETURN_IF_ERROR(check_address_space(path, backing.bytes));
  // Size 0: use the file as it is.
  PmemPool pool(pmemobj_create(name_of(file.get()).c_str(), layout::kPmdkLayoutName, 0, 0600));
  if (!pool) return Status(StatusCode::internal, fmt::format("cannot make {} a pool: {}", path, pmem_error()));
  MEMO_RETURN_IF_ERROR(initialize_root(pool.get(), backing.bytes));
  return PoolFile{std::move(file), backing, std::move(pool)};
}

bool is_device(const std::string& path) {
  struct stat info = {};
  return lstat(path.c_str(), &info) == 0 && S_ISCHR(info.st_mode);
}

// A device is neither made nor named: it is there, with its own size.
Result<PoolFile> create_on_device(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(auto device, open_own_file(path, O_RDWR));
  return create_in(std::move(device), path);
}

}  // namespace

Result<PoolFile> create_pool_file(const std::string& path, std::uint64_t bytes) {
  if (bytes < layout::kMinPoolBytes)
    return Status(StatusCode::invalid_argument, fmt::format("pool size is {} bytes, must be at least {} (16 MiB)",
                                                            bytes, layout::kMinPoolBytes));
  // Counting the unsafe shutdowns of DIMMs makes an open fail on memory that cannot count them.
  int count_unsafe_shutdowns = 0;
  pmemobj_ctl_set(nullptr, "sds.at_create", &count_unsafe_shutdowns);
  if (is_device(path)) return create_on_device(path);

  MEMO_RETURN_IF_ERROR(remove_stale_draft(path + ".creating"));
  MEMO_RETURN_IF_ERROR(check_file_size_limit(path, bytes));
  MEMO_ASSIGN_OR_RETURN(auto file, make_draft(path + ".creating"));
  DraftFile draft(path + ".creating");
  MEMO_RETURN_IF_ERROR(reserve_space(file.get(), draft.path(), bytes));
  auto created = create_in(std::move(file), path);
  if (!created) return created;
  MEMO_RETURN_IF_ERROR(draft.rename_to(path));
  return created;
}

}  // namespace memo
