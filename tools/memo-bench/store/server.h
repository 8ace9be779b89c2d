// ServerProcess: a server that the benchmark starts, watches and ends: memod, redis-server, memcached.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

// Lifetime: the destructor ends the process (SIGTERM, after ten seconds SIGKILL) and waits for it. It also ends
// when the process that started it dies, however that happens. It is in a process group of its own: Ctrl-C reaches
// it through us.
// Threads: one at a time, the one that started it: the kernel takes that thread's end for ours.
class ServerProcess {
 public:
  // command[0] is a path. What it says goes to the file `log`. Errors: internal, unavailable (cannot be run).
  static Result<ServerProcess> start(const std::vector<std::string>& command, const std::string& log);
  ServerProcess(ServerProcess&& other) noexcept;
  ServerProcess& operator=(ServerProcess&& other) noexcept;
  ~ServerProcess();

  bool is_running();
  void end();
  // The last line that it wrote, for messages.
  std::string last_line() const;

  // User and system time of all its threads, those that have ended included; 0 once it has ended.
  double cpu_seconds() const;
  // Memory that no file backs, resident: what it takes beside its pool. 0 once it has ended.
  std::uint64_t anonymous_bytes() const;

 private:
  ServerProcess(pid_t pid, std::string log) : pid_(pid), log_(std::move(log)) {}
  bool wait(int options);

  pid_t pid_ = -1;
  std::string log_;
};

// A program of the same build: in the folder of the one that runs.
std::string program_beside_us(const std::string& name);

}  // namespace memo
