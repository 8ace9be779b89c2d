#include "memod/daemon/server/listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

namespace memo {
namespace {

constexpr int kBacklog = 128;

Status failed(std::string_view what, const std::string& path) {
  return {StatusCode::internal, fmt::format("{} {}: {}", what, path, std::strerror(errno))};
}

Status check_directory(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  if (directory.empty() || std::filesystem::is_directory(directory, ignored)) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("socket {}: there is no directory {}", path, directory.string())};
}

}  // namespace

Status Listener::check(const std::string& path) {
  if (const auto address = make_socket_address(path); !address) return address.status();
  MEMO_RETURN_IF_ERROR(check_directory(path));
  struct stat existing = {};
  if (::lstat(path.c_str(), &existing) != 0) return Status::ok();
  if (!S_ISSOCK(existing.st_mode))
    return {StatusCode::invalid_argument,
            fmt::format("socket {}: something that is not a socket lies there", path)};
  if (PacketSocket::connect(path))
    return {StatusCode::in_use, fmt::format("socket {}: another daemon answers there", path)};
  return Status::ok();
}

Result<Listener> Listener::open(const std::string& path) {
  MEMO_RETURN_IF_ERROR(check(path));
  const auto address = make_socket_address(path);
  Listener listener(UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), path);
  if (!listener.fd_) return failed("socket", path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("cannot remove the stale socket", path);
  if (::bind(listener.fd(), reinterpret_cast<const sockaddr*>(&*address), sizeof(sockaddr_un)) != 0)
    return failed("cannot bind", path);
  // Before listen(): nobody can connect until the mode is right.
  struct stat created = {};
  if (::chmod(path.c_str(), 0600) != 0 || ::lstat(path.c_str(), &created) != 0)
    return failed("cannot chmod", path);
  listener.device_ = created.st_dev;
  listener.inode_ = created.st_ino;
  if (::listen(listener.fd(), kBacklog) != 0) return failed("cannot listen on", path);
  return listener;
}

Listener::~Listener() {
  struct stat existing = {};
  const bool ours =
      fd_ && ::lstat(path_.c_str(), &existing) == 0 && existing.st_dev == device_ && existing.st_ino == inode_;
  if (ours) ::unlink(path_.c_str());
}

Result<UniqueFd> Listener::accept() const {
  UniqueFd connection(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection || errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return connection;
  return failed("cannot accept a connection on", path_);
}

}  // namespace memo
