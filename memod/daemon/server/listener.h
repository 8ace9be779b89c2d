// Listener: the daemon's socket in the file system.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "client/protocol/packet_socket.h"
#include "client/protocol/unique_fd.h"
#include "memo/status.h"

namespace memo {

class Listener {
 public:
  // Whether the daemon can listen at `path`. Changes nothing.
  // Errors: invalid_argument (path too long, no such directory, or something that is not a socket lies there),
  //         in_use (a live daemon answers).
  static Status check(const std::string& path);

  // Listens at `path`, accessible to this user only. A socket that nobody listens on any more is replaced.
  // Errors: as check(); internal.
  static Result<Listener> open(const std::string& path);

  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  // Removes the socket, unless another process has put its own there.
  ~Listener();

  // The next connection, non-blocking and closed on exec; an empty one when no client waits.
  // Errors: internal (no descriptor left).
  Result<UniqueFd> accept() const;

  int fd() const { return fd_.get(); }

 private:
  Listener(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;
  dev_t device_ = 0;  // with inode_: which file in the file system is ours
  ino_t inode_ = 0;
};

}  // namespace memo
