#include "tools/memo-bench/store/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "tools/memo-bench/common/proc_file.h"

namespace memo {
namespace {

constexpr std::chrono::seconds kStartPatience{10};
constexpr std::chrono::milliseconds kStartPause{5};
constexpr int kCannotRun = 127;

// Runs in the child between fork and exec, so it calls async-signal-safe functions only.
[[noreturn]] void become(char* const* command, int null, int log, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kCannotRun);  // it died before the prctl() above
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(command[0], command);
  ::_exit(kCannotRun);
}

Status failure(const char* what) {
  return {StatusCode::internal, fmt::format("{} failed: {}", what, std::strerror(errno))};
}

}  // namespace

Result<ServerProcess> ServerProcess::start(const std::vector<std::string>& command, const std::string& log) {
  if (::access(command[0].c_str(), X_OK) != 0)
    return Status(StatusCode::unavailable, fmt::format("cannot run {}: {}", command[0], std::strerror(errno)));
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (null < 0 || output < 0) return failure("open");
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(arguments.data(), null, output, parent);
  ::close(null);
  ::close(output);
  if (child < 0) return failure("fork");
  return ServerProcess(child, log);
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), log_(std::move(other.log_)) {}

ServerProcess& ServerProcess::operator=(ServerProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(log_, other.log_);
  return *this;
}

ServerProcess::~ServerProcess() {
  end();
}

// Whether it has ended.
bool ServerProcess::wait(int options) {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, options) == pid_) pid_ = -1;
  return pid_ <= 0;
}

bool ServerProcess::is_running() {
  return !wait(WNOHANG);
}

void ServerProcess::end() {
  if (!is_running()) return;
  ::kill(pid_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (!wait(WNOHANG)) {
    if (std::chrono::steady_clock::now() > deadline) {
      ::kill(pid_, SIGKILL);
      while (!wait(0)) {
      }
      return;
    }
    std::this_thread::sleep_for(kStartPause);
  }
}

std::string ServerProcess::last_line() const {
  std::ifstream file(log_);
  std::string last = "(it said nothing)";
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) last = line;
  return last;
}

double ServerProcess::cpu_seconds() const {
  clockid_t clock = {};
  timespec time = {};
  if (pid_ <= 0 || ::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::uint64_t ServerProcess::anonymous_bytes() const {
  return bytes_in(fmt::format("/proc/{}/status", pid_), "RssAnon");
}

std::string program_beside_us(const std::string& name) {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

}  // namespace memo
