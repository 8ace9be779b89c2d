#include "tests/support/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <system_error>

#include "tests/support/eventually.h"

namespace memo::test {
namespace {

pid_t spawn(const std::vector<std::string>& argv, const std::string& output, const std::string& errors) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), flags, 0600);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), "posix_spawn " + argv[0]);
  return pid;
}

std::string unique_name() {
  static std::atomic<int> count{0};
  return "child" + std::to_string(count++);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const std::string& folder) {
  const std::string stem = folder + "/" + unique_name();
  output_path_ = stem + ".out";
  errors_path_ = stem + ".err";
  pid_ = spawn(argv, output_path_, errors_path_);
}

ChildProcess::~ChildProcess() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ChildProcess::signal(int number) {
  if (running()) ::kill(pid_, number);
}

bool ChildProcess::running() {
  if (exit_code_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

std::optional<int> ChildProcess::wait(std::chrono::seconds limit) {
  eventually([this] { return !running(); }, limit);
  return exit_code_;
}

std::string ChildProcess::output() const {
  return read_file(output_path_);
}
std::string ChildProcess::errors() const {
  return read_file(errors_path_);
}

Finished run(const std::vector<std::string>& argv, const std::string& folder) {
  ChildProcess child(argv, folder);
  const int exit_code = child.wait().value_or(-1);
  return {exit_code, child.output(), child.errors()};
}

std::string program(const std::string& name) {
  return std::string(MEMO_BINARY_DIR) + "/bin/" + name;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace memo::test
