#include "tools/memoctl/pools/new_pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "client/protocol/unique_fd.h"

namespace memo {
namespace {

constexpr char kPartial[] = ".partial";

Status exists_already(const std::string& path) {
  return {StatusCode::already_exists, fmt::format("{} exists already, and is left as it is", path)};
}

Status sync_to_storage(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file && ::fsync(file.get()) == 0) return Status::ok();
  return {StatusCode::internal, fmt::format("{} cannot be synced: {}", path, std::strerror(errno))};
}

std::string folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

}  // namespace

Result<NewPool> NewPool::create(const std::string& path, std::uint64_t bytes) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) return exists_already(path);
  if (!std::filesystem::is_directory(folder_of(path), ignored))
    return Status(StatusCode::invalid_argument, fmt::format("the folder of {} does not exist", path));
  const std::string partial = path + kPartial;
  // Removes what a killed attempt left. A process that still writes holds a lock on its pool: that one stays.
  if (const auto left = Store::open({.path = partial, .memory = {.prefault = false}});
      !left && left.status().code() == StatusCode::in_use)
    return Status(StatusCode::in_use, fmt::format("{} is being written by another process", partial));
  std::filesystem::remove(partial, ignored);
  MEMO_ASSIGN_OR_RETURN(auto store, Store::open({.path = partial,
                                                 .create_bytes = bytes,
                                                 .memory = {.prefault = false},
                                                 .eviction = {.enabled = false}}));
  return NewPool(path, std::move(store));
}

NewPool::~NewPool() {
  if (!store_) return;
  store_.reset();
  ::unlink((path_ + kPartial).c_str());
}

Status NewPool::finish() {
  const std::string partial = path_ + kPartial;
  store_.reset();
  Status status = sync_to_storage(partial);
  if (status && ::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0)
    status = errno == EEXIST ? exists_already(path_)
                             : Status(StatusCode::internal, fmt::format("{}: {}", path_, std::strerror(errno)));
  if (!status) {
    ::unlink(partial.c_str());
    return status;
  }
  return sync_to_storage(folder_of(path_));
}

}  // namespace memo
