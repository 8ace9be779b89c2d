// SessionReaper: ends connections beside the server's thread.
//
// Ending a session waits for its threads, one of which may be copying a payload of hundreds of MiB, and gives back its
// drafts, which may be GiB: seconds, in which the server would answer nobody.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "memo/status.h"
#include "memod/server/connection.h"

namespace memo {

// Threads: end() and pending() by the server's; the connections' destructors run on one of its own, in their order.
class SessionReaper {
 public:
  // Errors: internal (no thread).
  static Result<std::unique_ptr<SessionReaper>> start();
  // Returns when all are ended.
  ~SessionReaper();

  void end(std::unique_ptr<Connection> connection);
  // Not ended yet: they still hold descriptors and memory.
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
