// BackgroundSync: writes a pool to its storage at intervals, so that a power failure loses a bounded time of work.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "memod/store/pool/pool.h"

namespace memo {

// It has its own thread: a sync waits for the storage, for seconds where much has changed.
class BackgroundSync {
 public:
  // An interval of 0: never. Lifetime: the pool outlives this.
  BackgroundSync(const Pool& pool, std::chrono::milliseconds interval);

  // When the last finished sync began: it covers everything before that. Nothing before the first one.
  std::optional<std::chrono::steady_clock::duration> age() const;
  // Whether the last sync failed.
  bool failed() const { return failed_; }

 private:
  void run(const std::stop_token& stop, std::chrono::milliseconds interval);

  const Pool& pool_;
  std::atomic<std::chrono::steady_clock::time_point> covered_{};
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace memo
