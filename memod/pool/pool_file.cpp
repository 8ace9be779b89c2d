#include "memod/pool/pool_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/mman.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "client/protocol/unique_fd.h"
#include "memod/pool/layout.h"
#include "memod/pool/root_init.h"

namespace memo {
namespace {

// Where libpmemobj keeps what it is and what the pool is for.
constexpr std::string_view kPmdkSignature("PMEMOBJ\0", 8);
constexpr off_t kPmdkLayoutOffset = 4096;

Status system_error(const std::string& path, int error) {
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
      return {StatusCode::internal, fmt::format("{}: {}", path, strerror(error))};
  }
}

Status check_regular(const std::string& path, int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return system_error(path, errno);
  if (!S_ISREG(status.st_mode))
    return {StatusCode::invalid_argument, fmt::format("{} is not a regular file", path)};
  return Status::ok();
}

// Looks at the file as bytes, so that foreign files get a clear answer and libpmemobj never sees them.
Status check_pmdk_header(const std::string& path, int descriptor) {
  std::array<char, kPmdkSignature.size()> signature{};
  std::array<char, 64> layout_name{};
  if (pread(descriptor, signature.data(), signature.size(), 0) < 0) return system_error(path, errno);
  if (std::string_view(signature.data(), signature.size()) != kPmdkSignature)
    return {StatusCode::corrupt, fmt::format("{} is not a memod pool", path)};
  if (pread(descriptor, layout_name.data(), layout_name.size() - 1, kPmdkLayoutOffset) <= 0)
    return {StatusCode::corrupt, fmt::format("{} is truncated", path)};
  if (std::strcmp(layout_name.data(), layout::kPmdkLayoutName) != 0)
    return {StatusCode::unsupported,
            fmt::format("{} is a pool of another program (PMDK layout \"{}\")", path, layout_name.data())};
  return Status::ok();
}

// libpmemobj notices that the end of its heap is missing, but reads what precedes the heap before it looks.
Status check_size(const std::string& path, int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return system_error(path, errno);
  if (static_cast<std::uint64_t>(status.st_size) >= layout::kMinPoolBytes) return Status::ok();
  return {StatusCode::corrupt, fmt::format("{} is truncated: it has {} bytes, a pool at least {}", path,
                                           status.st_size, layout::kMinPoolBytes)};
}

// A crashed creation left it, unless somebody holds its lock.
Status remove_stale_draft(const std::string& draft) {
  const UniqueFd file(open(draft.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return errno == ENOENT ? Status::ok() : system_error(draft, errno);
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    return {StatusCode::in_use, fmt::format("{} is being created by another process", draft)};
  return unlink(draft.c_str()) == 0 ? Status::ok() : system_error(draft, errno);
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

Status reserve_space(const std::string& draft, std::uint64_t bytes) {
  const UniqueFd file(open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file && errno == ENOENT)
    return {StatusCode::invalid_argument, fmt::format("the folder of {} does not exist", draft)};
  if (!file && errno == EEXIST)
    return {StatusCode::in_use, fmt::format("{} is being created by another process", draft)};
  if (!file) return system_error(draft, errno);
  const int error = posix_fallocate(file.get(), 0, static_cast<off_t>(bytes));
  if (error == 0) return Status::ok();
  unlink(draft.c_str());
  const Status status = system_error(draft, error);
  if (status.code() != StatusCode::full) return status;
  return {StatusCode::full,
          fmt::format("{}: pool needs {} bytes; pass a smaller --size", status.message(), bytes)};
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
                             : system_error(path, errno);
    path_.clear();
    return Status::ok();
  }

 private:
  std::string path_;
};

}  // namespace

Result<PmemPool> open_pool_file(const std::string& path) {
  {
    const UniqueFd file(open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!file && errno == EISDIR)
      return Status(StatusCode::invalid_argument, fmt::format("{} is not a regular file", path));
    if (!file) return system_error(path, errno);
    MEMO_RETURN_IF_ERROR(check_regular(path, file.get()));
    MEMO_RETURN_IF_ERROR(check_pmdk_header(path, file.get()));
    MEMO_RETURN_IF_ERROR(check_size(path, file.get()));
  }
  PmemPool pool(pmemobj_open(path.c_str(), layout::kPmdkLayoutName));
  if (pool) return pool;
  if (errno != EINVAL) return system_error(path, errno);
  return Status(StatusCode::corrupt, fmt::format("{} is truncated or damaged: {}", path, pmem_error()));
}

Result<PmemPool> create_pool_file(const std::string& path, std::uint64_t bytes) {
  if (bytes < layout::kMinPoolBytes)
    return Status(StatusCode::invalid_argument, fmt::format("pool size is {} bytes, must be at least {} (16 MiB)",
                                                            bytes, layout::kMinPoolBytes));
  // Counting the unsafe shutdowns of DIMMs makes an open fail on memory that cannot count them.
  int count_unsafe_shutdowns = 0;
  pmemobj_ctl_set(nullptr, "sds.at_create", &count_unsafe_shutdowns);

  MEMO_RETURN_IF_ERROR(remove_stale_draft(path + ".creating"));
  MEMO_RETURN_IF_ERROR(check_file_size_limit(path, bytes));
  MEMO_RETURN_IF_ERROR(reserve_space(path + ".creating", bytes));
  DraftFile draft(path + ".creating");
  // Size 0: use the file as it is.
  PmemPool pool(pmemobj_create(draft.path().c_str(), layout::kPmdkLayoutName, 0, 0600));
  if (!pool) return Status(StatusCode::internal, fmt::format("cannot make {} a pool: {}", path, pmem_error()));
  MEMO_RETURN_IF_ERROR(initialize_root(pool.get(), bytes));
  MEMO_RETURN_IF_ERROR(draft.rename_to(path));
  return pool;
}

bool is_on_dax(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return false;
  // Only a DAX file can promise that a mapping needs no msync.
  void* page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, file.get(), 0);
  if (page == MAP_FAILED) return false;
  munmap(page, 4096);
  return true;
}

}  // namespace memo
