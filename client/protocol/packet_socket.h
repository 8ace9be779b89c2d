// PacketSocket: one end of a SOCK_SEQPACKET unix socket: whole packets, with descriptors beside them.
#pragma once

#include <sys/un.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "client/protocol/unique_fd.h"
#include "memo/status.h"

struct msghdr;

namespace memo {

inline constexpr std::size_t kMaxPacketBytes = 128 << 10;
inline constexpr std::size_t kMaxPacketFds = 4;
inline constexpr std::size_t kMaxSocketPathBytes = 107;  // sun_path less its terminating zero

// Errors: invalid_argument (empty, or longer than kMaxSocketPathBytes).
Result<sockaddr_un> make_socket_address(const std::string& path);

struct Packet {
  std::vector<std::byte> bytes;
  std::vector<UniqueFd> fds;
};

// Threads: send() and receive() may run side by side; two of the same kind must not.
class PacketSocket {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  // This deadline means: do not wait.
  static constexpr Deadline kNow = Deadline::min();

  PacketSocket() = default;
  explicit PacketSocket(UniqueFd fd) : fd_(std::move(fd)) {}

  // Errors: invalid_argument (path), unavailable (nobody listens there, or too many clients wait to be accepted),
  // internal.
  static Result<PacketSocket> connect(const std::string& path);

  // Errors: deadline_exceeded, unavailable (the peer is gone), invalid_argument (more than kMaxPacketBytes).
  Status send(std::span<const std::byte> bytes, std::span<const int> fds, Deadline deadline) const;

  // Descriptors that come with a packet are closed on exec.
  // Errors: deadline_exceeded, unavailable (the peer has closed), invalid_argument (a packet or its descriptors
  // did not fit; none of it is returned).
  Result<Packet> receive(Deadline deadline) const;

  // Ends the conversation: both sides see a hang-up. Safe while other threads send, receive or poll.
  void shut_down() const;

  int fd() const { return fd_.get(); }

 private:
  Status await(short events, Deadline deadline) const;
  Status receive_message(msghdr& message, std::size_t* size, Deadline deadline) const;
  UniqueFd fd_;
};

}  // namespace memo
