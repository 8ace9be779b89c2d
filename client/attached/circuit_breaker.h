// CircuitBreaker: stops asking a daemon that does not answer, so that it cannot slow an inference down.
#pragma once

#include <chrono>
#include <mutex>

namespace memo {

// After kTolerated timeouts in a row it pauses for kFirstPause; then one call may try, and each further timeout
// doubles the pause up to kMaxPause. A single success closes it again. So a daemon that hangs costs at most one
// timeout per pause.
//
// Threads: any. The caller passes the time, so tests are exact.
class CircuitBreaker {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int kTolerated = 3;
  static constexpr std::chrono::milliseconds kFirstPause{50};
  static constexpr std::chrono::milliseconds kMaxPause{2'000};

  // Whether a call may be tried at `now`. The first call after a pause is let through; the others wait for its
  // outcome.
  bool allows(Clock::time_point now);

  bool paused(Clock::time_point now) const;
  void record_success();
  void record_timeout(Clock::time_point now);

 private:
  mutable std::mutex mutex_;
  // Under mutex_:
  int timeouts_ = 0;  // in a row
  std::chrono::milliseconds pause_{0};
  Clock::time_point paused_until_{};
};

}  // namespace memo
