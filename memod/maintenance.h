// Maintenance: a thread that works in small steps when there is something to do, and sleeps when not.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace memo {

class Maintenance {
 public:
  // When to come again: after this time at the latest, or not before somebody wakes it.
  using Next = std::optional<std::chrono::milliseconds>;
  // One bounded step. Long steps ask the token whether to give up.
  using Step = std::function<Next(const std::stop_token&)>;

  explicit Maintenance(Step step);
  // Waits for the step at work.
  ~Maintenance() = default;

  // There is something to do. Threads: any.
  void wake();
  // There may be something to do, within a millisecond: a thread that publishes without pause would else wake this one,
  // and be interrupted by it, each time. Threads: any.
  void wake_soon();
  // No further step. Waits for the one at work.
  void stop();

 private:
  void run(const std::stop_token& stop);
  void sleep(const std::stop_token& stop, const Next& next);

  Step step_;
  std::mutex mutex_;
  std::condition_variable_any condition_;
  // Under mutex_:
  bool woken_ = false;
  bool urgent_ = false;
  bool resting_ = false;  // after a step, before it looks whether it was woken
  std::jthread thread_;   // last: it uses all of the above
};

}  // namespace memo
