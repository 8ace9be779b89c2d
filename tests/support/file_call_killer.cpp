#include "tests/support/file_call_killer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>

namespace memo::test {
namespace {

constexpr int kCannotTrace = 117;
constexpr int kSyscallStop = SIGTRAP | 0x80;

struct Call {
  long number;
  int descriptor;  // which argument is a descriptor of the folder or of a file in it; -1: none
  int path;        // which is a path that may lie in it; -1: none
};

constexpr Call kCalls[] = {
    {SYS_write, 0, -1},     {SYS_writev, 0, -1},    {SYS_pwrite64, 0, -1},  {SYS_fsync, 0, -1},
    {SYS_fdatasync, 0, -1}, {SYS_ftruncate, 0, -1}, {SYS_fallocate, 0, -1}, {SYS_openat, 0, 1},
    {SYS_linkat, 2, 3},     {SYS_renameat2, 0, 1},  {SYS_unlinkat, 0, 1},
#ifdef SYS_rename
    {SYS_open, -1, 0},      {SYS_rename, -1, 0},    {SYS_unlink, -1, 0},
#endif
#ifdef SYS_renameat
    {SYS_renameat, 0, 1},
#endif
};

std::string string_at(pid_t process, std::uint64_t address) {
  char text[512] = {};
  // Byte by byte pages may end; whatever could be read up to there is enough.
  const iovec local{text, sizeof text - 1}, remote{reinterpret_cast<void*>(address), sizeof text - 1};
  if (::process_vm_readv(process, &local, 1, &remote, 1, 0) < 0) {
    const std::size_t rest = 4096 - address % 4096;
    const iovec short_local{text, std::min(rest, sizeof text - 1)},
        short_remote{remote.iov_base, short_local.iov_len};
    (void)!::process_vm_readv(process, &short_local, 1, &short_remote, 1, 0);
  }
  return text;
}

class Tracer {
 public:
  Tracer(pid_t process, std::string folder, int kill_at)
      : process_(process), folder_(std::move(folder)), kill_at_(kill_at) {}

  KilledRun run() {
    for (;;) {
      int status = 0;
      const pid_t thread = ::waitpid(-1, &status, __WALL);
      if (thread < 0) return run_;
      if (thread == process_ && (WIFEXITED(status) || WIFSIGNALED(status))) {
        if (WIFEXITED(status)) run_.exit_code = WEXITSTATUS(status);
        return run_;
      }
      if (WIFSTOPPED(status)) go_on(thread, WSTOPSIG(status), status >> 16);
    }
  }

 private:
  void go_on(pid_t thread, int signal, int event) {
    if (signal == kSyscallStop && enters_call(thread) && ++run_.calls == kill_at_) {
      ::kill(process_, SIGKILL);
      return;
    }
    const bool is_first_stop = threads_.insert(thread).second;
    const bool is_ours =
        signal == kSyscallStop || event != 0 || (is_first_stop && (signal == SIGSTOP || signal == SIGTRAP));
    if (is_first_stop && thread == process_)
      ::ptrace(PTRACE_SETOPTIONS, thread, nullptr,
               PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL);
    ::ptrace(PTRACE_SYSCALL, thread, nullptr, is_ours ? 0 : signal);
  }

  // Whether the thread is about to make a call that touches the folder.
  bool enters_call(pid_t thread) const {
    __ptrace_syscall_info info = {};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return false;
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return false;
    for (const Call& call : kCalls) {
      if (static_cast<std::uint64_t>(call.number) != info.entry.nr) continue;
      if (call.path >= 0 && string_at(thread, info.entry.args[call.path]).starts_with(folder_)) return true;
      return call.descriptor >= 0 && is_in_folder(static_cast<int>(info.entry.args[call.descriptor]));
    }
    return false;
  }

  bool is_in_folder(int descriptor) const {
    std::error_code absent;
    const std::string link = "/proc/" + std::to_string(process_) + "/fd/" + std::to_string(descriptor);
    return std::filesystem::read_symlink(link, absent).string().starts_with(folder_);
  }

  pid_t process_;
  std::string folder_;
  int kill_at_;
  std::set<pid_t> threads_;
  KilledRun run_;
};

[[noreturn]] void become(const std::vector<std::string>& argv) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const int null = ::open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, stream);
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // which cannot be done under a tracer
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kCannotTrace);
  ::execv(arguments[0], arguments.data());
  ::_exit(kCannotTrace);
}

}  // namespace

std::optional<KilledRun> run_and_kill(const std::vector<std::string>& argv, const std::string& folder,
                                      int kill_at) {
  const pid_t process = ::fork();
  if (process == 0) become(argv);
  const KilledRun run = Tracer(process, folder, kill_at).run();
  if (run.exit_code == kCannotTrace) return std::nullopt;
  return run;
}

}  // namespace memo::test
