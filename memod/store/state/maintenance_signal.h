// MaintenanceSignal: how the parts of a store tell its maintenance thread that there is something to do.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

namespace memo {

// Threads: any thread may wake; one waits. A wake before the wait, or before the thread was started, is not lost.
class MaintenanceSignal {
 public:
  // There is something to do.
  void wake();
  // There may be something to do within a millisecond. Without this delay, a thread that publishes without pause
  // would wake the maintenance thread, and be interrupted by it, each time.
  void wake_soon();

  // Rests for a millisecond, unless woken by wake(); then waits until it is woken, `timeout` is over, or the token
  // says stop. Without a timeout it waits as long as it takes.
  void wait(const std::stop_token& stop, const std::optional<std::chrono::milliseconds>& timeout);

 private:
  std::mutex mutex_;
  std::condition_variable_any condition_;
  // Under mutex_:
  bool woken_ = false;
  bool urgent_ = false;
  bool resting_ = false;  // before it asks whether it was woken
};

}  // namespace memo
