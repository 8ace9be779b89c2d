// A child process that answers lines; Peer communicates through it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

// Threads: one at a time. Lifetime: the destructor kills the child and waits for it, so that none is left behind.
// Errors: unavailable when the child cannot be started or ends, deadline_exceeded when it does not answer in time;
// both with the last lines of its stderr. After an error the child is of no further use.
class PeerProcess {
 public:
  // The child's environment is ours with `environment` ("NAME=value") added or replaced.
  static Result<PeerProcess> start(const std::vector<std::string>& command,
                                   const std::vector<std::string>& environment);

  PeerProcess(PeerProcess&& other) noexcept;
  PeerProcess& operator=(PeerProcess&& other) noexcept;
  ~PeerProcess();

  // Sends a line (without its end) and returns the next line of the child's stdout.
  Result<std::string> ask(std::string line, std::chrono::milliseconds patience);
  // The two halves of ask(), for callers that ask several children at once.
  Status send(std::string line, std::chrono::milliseconds patience);
  Result<std::string> receive(std::chrono::milliseconds patience);
  // Whether there is something to receive, or the child has ended, within this time.
  bool answers_within(std::chrono::milliseconds time) const;

 private:
  using Clock = std::chrono::steady_clock;
  PeerProcess() = default;

  Status send_all(const std::string& text, Clock::time_point deadline);
  Status wait_for(short event, Clock::time_point deadline);
  Result<std::string> next_line(Clock::time_point deadline);
  Status ended() const;
  std::string last_errors() const;

  pid_t pid_ = -1;
  int socket_ = -1;  // the child's stdin and stdout
  int errors_ = -1;  // an unnamed file that the child's stderr goes to
  std::string received_;
};

}  // namespace memo
