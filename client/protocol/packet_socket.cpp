#include "client/protocol/packet_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace memo {
namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(kMaxPacketFds * sizeof(int));

Status system_error(std::string_view call) {
  return {StatusCode::internal, fmt::format("{}: {}", call, std::strerror(errno))};
}

Status peer_gone() {
  return {StatusCode::unavailable, "the other side has closed the socket"};
}

void attach_fds(msghdr& message, std::span<const int> fds, std::span<std::byte> control) {
  if (fds.empty()) return;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(fds.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(fds.size_bytes());
  std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
}

// Takes ownership of every descriptor that came, so that none leaks even when the packet is malformed.
std::vector<UniqueFd> detach_fds(msghdr& message) {
  std::vector<UniqueFd> fds;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      fds.emplace_back(fd);
    }
  }
  return fds;
}

// Rounded up: a wait that ends a moment early would turn into a busy loop.
int poll_timeout_ms(PacketSocket::Deadline deadline) {
  if (deadline == PacketSocket::kNow) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
}

// Errors that people can do something about.
std::string why_not_connected(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
      return fmt::format("no memod at {}: there is no such socket", path);
    case ECONNREFUSED:
      return fmt::format("no memod at {}: nobody listens there any more", path);
    case EACCES:
    case EPERM:
      return fmt::format("memod at {}: permission denied; a daemon serves its own user and root only", path);
    case EAGAIN:
      return fmt::format("memod at {} does not accept: too many wait before, or it is stopped", path);
    case EPROTOTYPE:
      return fmt::format("no memod at {}: another kind of socket is there", path);
    default:
      return fmt::format("no memod at {}: {}", path, std::strerror(error));
  }
}

}  // namespace

Result<sockaddr_un> make_socket_address(const std::string& path) {
  if (path.empty() || path.size() > kMaxSocketPathBytes)
    return Status{StatusCode::invalid_argument, fmt::format("socket path has {} bytes, must be 1 to {}: {}",
                                                            path.size(), kMaxSocketPathBytes, path)};
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Result<PacketSocket> PacketSocket::connect(const std::string& path) {
  MEMO_ASSIGN_OR_RETURN(auto address, make_socket_address(path));
  // Non-blocking: connect() would otherwise wait for as long as the queue of a stopped daemon is full.
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_error("socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(sockaddr_un)) != 0)
    return Status{StatusCode::unavailable, why_not_connected(path, errno)};
  return PacketSocket(std::move(fd));
}

Status PacketSocket::await(short events, Deadline deadline) const {
  pollfd poll_fd = {.fd = fd_.get(), .events = events, .revents = 0};
  const int ready = ::poll(&poll_fd, 1, poll_timeout_ms(deadline));
  if (ready > 0 || (ready < 0 && errno == EINTR)) return Status::ok();
  if (ready < 0) return system_error("poll");
  return {StatusCode::deadline_exceeded, "the other side of the socket did not answer in time"};
}

Status PacketSocket::send(std::span<const std::byte> bytes, std::span<const int> fds, Deadline deadline) const {
  if (bytes.size() > kMaxPacketBytes || fds.size() > kMaxPacketFds)
    return {StatusCode::invalid_argument,
            fmt::format("packet of {} bytes, at most {}", bytes.size(), kMaxPacketBytes)};
  alignas(cmsghdr) std::byte control[kControlBytes] = {};
  iovec buffer = {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  msghdr message = {};
  message.msg_iov = &buffer;
  message.msg_iovlen = 1;
  attach_fds(message, fds, control);
  while (::sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno == EPIPE || errno == ECONNRESET) return peer_gone();
    if (errno != EAGAIN && errno != EINTR) return system_error("sendmsg");
    MEMO_RETURN_IF_ERROR(await(POLLOUT, deadline));
  }
  return Status::ok();
}

Status PacketSocket::receive_message(msghdr& message, std::size_t* size, Deadline deadline) const {
  const std::size_t control_bytes = message.msg_controllen;
  while (true) {
    message.msg_controllen = control_bytes;
    const ssize_t received = ::recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    *size = static_cast<std::size_t>(std::max<ssize_t>(received, 0));
    if (received >= 0) return Status::ok();
    if (errno == ECONNRESET) return peer_gone();
    if (errno != EAGAIN && errno != EINTR) return system_error("recvmsg");
    MEMO_RETURN_IF_ERROR(await(POLLIN, deadline));
  }
}

Result<Packet> PacketSocket::receive(Deadline deadline) const {
  alignas(cmsghdr) std::byte control[kControlBytes] = {};
  Packet packet;
  packet.bytes.resize(kMaxPacketBytes);
  iovec buffer = {.iov_base = packet.bytes.data(), .iov_len = packet.bytes.size()};
  msghdr message = {};
  message.msg_iov = &buffer;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  std::size_t size = 0;
  MEMO_RETURN_IF_ERROR(receive_message(message, &size, deadline));
  packet.fds = detach_fds(message);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    return Status{StatusCode::invalid_argument, fmt::format("packet larger than {} bytes", kMaxPacketBytes)};
  if (size == 0) return peer_gone();
  packet.bytes.resize(size);
  return packet;
}

void PacketSocket::shut_down() const {
  ::shutdown(fd_.get(), SHUT_RDWR);
}

}  // namespace memo
