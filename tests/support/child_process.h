// ChildProcess: a real program under test. Its output goes to files, so that nothing blocks on a pipe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace memo::test {

// Lifetime: a process that still runs is killed by the destructor.
class ChildProcess {
 public:
  // Starts argv[0] (a path). stdout and stderr are captured in files below `folder`; stdin is empty.
  ChildProcess(const std::vector<std::string>& argv, const std::string& folder);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void signal(int number);
  // The exit code, or 128 + the signal that ended it. Empty: it still runs after `limit`.
  std::optional<int> wait(std::chrono::seconds limit = std::chrono::seconds(120));
  bool running();
  pid_t pid() const { return pid_; }

  std::string output() const;  // what stdout holds so far
  std::string errors() const;  // what stderr holds so far

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
  std::string output_path_;
  std::string errors_path_;
};

struct Finished {
  int exit_code = -1;
  std::string output;
  std::string errors;
};
// Runs to the end; exit_code -1 when that took too long.
Finished run(const std::vector<std::string>& argv, const std::string& folder);

// A program of this build, e.g. "memod".
std::string program(const std::string& name);

std::string read_file(const std::string& path);

}  // namespace memo::test
