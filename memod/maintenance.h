// Maintenance: a thread that works in small steps when there is something to do, and sleeps without a timer when not.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace memo {

class Maintenance {
 public:
  // One bounded step; true when there is more to do. Long steps ask the token whether to give up.
  using Step = std::function<bool(const std::stop_token&)>;

  explicit Maintenance(Step step);
  // Waits for the step at work.
  ~Maintenance() = default;

  // There may be something to do. Threads: any.
  void wake();

 private:
  void run(const std::stop_token& stop);

  Step step_;
  std::mutex mutex_;
  std::condition_variable_any condition_;
  bool woken_ = false;   // under mutex_
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace memo
