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
#include <vector>

#include "client/protocol/mapping.h"
#include "client/protocol/unique_fd.h"
#include "memod/pool/layout.h"
#include "memod/pool/root_init.h"

namespace memo {
namespace {

// Where libpmemobj keeps what it is and what the pool is for.
constexpr std::string_view kPmdkSignature("PMEMOBJ\0", 8);
constexpr std::size_t kPmdkLayoutOffset = 4096;
constexpr std::size_t kHeaderBytes = 8192;

bool has_signature(std::span<const std::byte> header) {
  return header.size() >= kPmdkSignature.size() &&
         std::memcmp(header.data(), kPmdkSignature.data(), kPmdkSignature.size()) == 0;
}

std::string layout_name(std::span<const std::byte> header) {
  constexpr std::size_t kLongest = 64;
  if (header.size() <= kPmdkLayoutOffset) return "";
  const auto* text = reinterpret_cast<const char*>(header.data()) + kPmdkLayoutOffset;
  return {text, strnlen(text, std::min(kLongest, header.size() - kPmdkLayoutOffset))};
}

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

// The first two pages. A DAX device can be mapped only, in pages of its own.
Result<std::vector<std::byte>> read_header(const std::string& path, int descriptor, const BackedFile& file) {
  std::vector<std::byte> header(kHeaderBytes);
  if (file.backing != Backing::devdax) {
    const ssize_t count = pread(descriptor, header.data(), header.size(), 0);
    if (count < 0) return system_error(path, errno);
    header.resize(static_cast<std::size_t>(count));
    return header;
  }
  const auto mapping =
      Mapping::map(descriptor, std::max<std::uint64_t>(file.alignment, header.size()), Mapping::Access::read_only);
  if (!mapping) return mapping.status();
  std::copy_n(mapping->bytes().begin(), header.size(), header.begin());
  return header;
}

// Looks at the file as bytes, so that foreign files get a clear answer and libpmemobj never sees them.
Status check_header(const std::string& path, std::span<const std::byte> header, bool is_device) {
  switch (classify_header(header)) {
    case PoolHeader::memod:
      return Status::ok();
    case PoolHeader::other_program:
      return {StatusCode::unsupported,
              fmt::format("{} is a pool of another program (PMDK layout \"{}\")", path, layout_name(header))};
    case PoolHeader::empty:
      if (is_device) return {StatusCode::not_found, fmt::format("{} has no pool yet", path)};
      break;
    case PoolHeader::foreign:
      break;
  }
  if (header.size() <= kPmdkLayoutOffset && has_signature(header))
    return {StatusCode::corrupt, fmt::format("{} is truncated", path)};
  return {StatusCode::corrupt, fmt::format("{} is not a memod pool", path)};
}

// libpmemobj notices that the end of its heap is missing, but reads what precedes the heap before it looks.
Status check_size(const std::string& path, std::uint64_t bytes) {
  if (bytes >= layout::kMinPoolBytes) return Status::ok();
  return {StatusCode::corrupt,
          fmt::format("{} is truncated: it has {} bytes, a pool at least {}", path, bytes, layout::kMinPoolBytes)};
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

PoolHeader classify_header(std::span<const std::byte> header) {
  const bool empty = std::all_of(header.begin(), header.end(), [](std::byte byte) { return byte == std::byte{}; });
  if (empty) return PoolHeader::empty;
  if (!has_signature(header) || header.size() <= kPmdkLayoutOffset) return PoolHeader::foreign;
  return layout_name(header) == layout::kPmdkLayoutName ? PoolHeader::memod : PoolHeader::other_program;
}

Result<BackedFile> inspect_pool_file(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_error(path, errno);
  auto backing = inspect_file(file.get());
  if (!backing) return Status(backing.status().code(), fmt::format("{}: {}", path, backing.status().message()));
  return backing;
}

Result<PmemPool> open_pool_file(const std::string& path) {
  {
    const UniqueFd file(open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!file && errno == EISDIR)
      return Status(StatusCode::invalid_argument, fmt::format("{} is not a regular file", path));
    if (!file) return system_error(path, errno);
    const auto backing = inspect_pool_file(path);
    if (!backing) return backing.status();
    const auto header = read_header(path, file.get(), *backing);
    if (!header) return header.status();
    MEMO_RETURN_IF_ERROR(check_header(path, *header, backing->backing == Backing::devdax));
    MEMO_RETURN_IF_ERROR(check_size(path, backing->bytes));
  }
  PmemPool pool(pmemobj_open(path.c_str(), layout::kPmdkLayoutName));
  if (pool) return pool;
  if (errno != EINVAL) return system_error(path, errno);
  return Status(StatusCode::corrupt, fmt::format("{} is truncated or damaged: {}", path, pmem_error()));
}

namespace {

// Neither made nor named: the device is there, as large as it is.
Result<PmemPool> create_on_device(const std::string& path, std::uint64_t device_bytes) {
  MEMO_RETURN_IF_ERROR(check_size(path, device_bytes));
  PmemPool pool(pmemobj_create(path.c_str(), layout::kPmdkLayoutName, 0, 0));
  if (!pool) return Status(StatusCode::internal, fmt::format("cannot make {} a pool: {}", path, pmem_error()));
  MEMO_RETURN_IF_ERROR(initialize_root(pool.get(), device_bytes));
  return pool;
}

}  // namespace

Result<PmemPool> create_pool_file(const std::string& path, std::uint64_t bytes) {
  if (bytes < layout::kMinPoolBytes)
    return Status(StatusCode::invalid_argument, fmt::format("pool size is {} bytes, must be at least {} (16 MiB)",
                                                            bytes, layout::kMinPoolBytes));
  // Counting the unsafe shutdowns of DIMMs makes an open fail on memory that cannot count them.
  int count_unsafe_shutdowns = 0;
  pmemobj_ctl_set(nullptr, "sds.at_create", &count_unsafe_shutdowns);
  if (const auto file = inspect_pool_file(path); file && file->backing == Backing::devdax)
    return create_on_device(path, file->bytes);

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
  const auto backing = inspect_file(file.get());
  if (backing && backing->backing == Backing::devdax) return true;
  // Only a DAX file can promise that a mapping needs no msync.
  void* page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, file.get(), 0);
  if (page == MAP_FAILED) return false;
  munmap(page, 4096);
  return true;
}

}  // namespace memo
