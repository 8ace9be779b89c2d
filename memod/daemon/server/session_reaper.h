// SessionReaper: ends connections on a thread of its own.
//
// Ending a session waits for its threads, one of which may be copying a payload of hundreds of MiB, and gives back
// its drafts, which may be GiB. That takes seconds, in which the server's thread could answer nobody.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "memo/status.h"
#include "memod/daemon/server/connection.h"

namespace memo {

// Threads: the server's thread calls end() and pending(); the connections' destructors run on the reaper's own
// thread, in the order of the calls.
class SessionReaper {
 public:
  // Errors: internal (no thread).
  static Result<std::unique_ptr<SessionReaper>> start();
  // Returns when all connections are ended.
  ~SessionReaper();

  void end(std::unique_ptr<Connection> connection);
  // How many connections are not ended yet: they still hold descriptors and memory.
  std::size_t pending() const;

 private:
  SessionReaper() = default;
  void run();

  mutable std::mutex mutex_;
  std::condition_variable condition_;
  std::vector<std::unique_ptr<Connection>> given_;  // under mutex_
  std::size_t pending_ = 0;                         // under mutex_
  bool stopping_ = false;                           // under mutex_
  std::thread thread_;
};

}  // namespace memo
