#include "tools/memo-bench/common/peer_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace memo {
namespace {

constexpr off_t kErrorBytes = 2000;  // from the end of the child's stderr

std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
  std::vector<std::string> merged = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view ours(*entry);
    const std::string_view name = ours.substr(0, ours.find('=') + 1);
    const bool replaced = std::any_of(added.begin(), added.end(),
                                      [name](const std::string& other) { return other.rfind(name, 0) == 0; });
    if (!replaced) merged.emplace_back(ours);
  }
  return merged;
}

// Lifetime: as long as `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// Returns an errno, 0 when the child runs.
int spawn(std::vector<std::string> command, std::vector<std::string> environment, int socket, int errors,
          pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  const int error = posix_spawnp(&pid, command[0].c_str(), &actions, nullptr, pointers(command).data(),
                                 pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

Status system_failure(const char* what) {
  return {StatusCode::internal, fmt::format("{} failed: {}", what, std::strerror(errno))};
}

}  // namespace

Result<PeerProcess> PeerProcess::start(const std::vector<std::string>& command,
                                       const std::vector<std::string>& environment) {
  PeerProcess process;
  process.errors_ = memfd_create("peer-stderr", MFD_CLOEXEC);
  if (process.errors_ < 0) return system_failure("memfd_create");
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return system_failure("socketpair");
  process.socket_ = ends[0];
  const int error = spawn(command, merged_environment(environment), ends[1], process.errors_, process.pid_);
  close(ends[1]);
  if (error == 0) return process;
  process.pid_ = -1;
  return Status(StatusCode::unavailable, fmt::format("cannot run {}: {}", command[0], std::strerror(error)));
}

PeerProcess::PeerProcess(PeerProcess&& other) noexcept {
  *this = std::move(other);
}

PeerProcess& PeerProcess::operator=(PeerProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(socket_, other.socket_);
  std::swap(errors_, other.errors_);
  std::swap(received_, other.received_);
  return *this;
}

PeerProcess::~PeerProcess() {
  if (socket_ >= 0) close(socket_);
  if (errors_ >= 0) close(errors_);
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);  // it holds nothing that must be saved
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<std::string> PeerProcess::ask(std::string line, std::chrono::milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  line += '\n';
  MEMO_RETURN_IF_ERROR(send_all(line, deadline));
  return next_line(deadline);
}

Status PeerProcess::send(std::string line, std::chrono::milliseconds patience) {
  line += '\n';
  return send_all(line, Clock::now() + patience);
}

Result<std::string> PeerProcess::receive(std::chrono::milliseconds patience) {
  return next_line(Clock::now() + patience);
}

bool PeerProcess::answers_within(std::chrono::milliseconds time) const {
  if (received_.find('\n') != std::string::npos) return true;
  pollfd entry{socket_, POLLIN, 0};
  return poll(&entry, 1, static_cast<int>(time.count())) > 0;
}

Status PeerProcess::send_all(const std::string& text, Clock::time_point deadline) {
  for (std::size_t sent = 0; sent < text.size();) {
    MEMO_RETURN_IF_ERROR(wait_for(POLLOUT, deadline));
    const ssize_t count = ::send(socket_, text.data() + sent, text.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) sent += static_cast<std::size_t>(count);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return ended();
  }
  return Status::ok();
}

Status PeerProcess::wait_for(short event, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) break;
    pollfd entry{socket_, event, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 1 << 30)));
    if (ready > 0) return Status::ok();
    if (ready < 0 && errno != EINTR) return system_failure("poll");
  }
  return {StatusCode::deadline_exceeded, "did not answer in time" + last_errors()};
}

Result<std::string> PeerProcess::next_line(Clock::time_point deadline) {
  std::size_t end = 0;
  while ((end = received_.find('\n')) == std::string::npos) {
    MEMO_RETURN_IF_ERROR(wait_for(POLLIN, deadline));
    char part[4096];
    const ssize_t count = recv(socket_, part, sizeof part, MSG_DONTWAIT);
    if (count > 0) received_.append(part, static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return ended();
  }
  std::string line = received_.substr(0, end);
  received_.erase(0, end + 1);
  return line;
}

Status PeerProcess::ended() const {
  return {StatusCode::unavailable, "ended before it answered" + last_errors()};
}

std::string PeerProcess::last_errors() const {
  const off_t size = std::max<off_t>(lseek(errors_, 0, SEEK_END), 0);
  std::string text(static_cast<std::size_t>(std::min(size, kErrorBytes)), '\0');
  const ssize_t count = pread(errors_, text.data(), text.size(), size - static_cast<off_t>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.empty() ? "; it wrote nothing to stderr" : "; the end of its stderr:\n" + text;
}

}  // namespace memo
