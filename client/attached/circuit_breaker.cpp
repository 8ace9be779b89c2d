#include "client/attached/circuit_breaker.h"

#include <algorithm>

namespace memo {

bool CircuitBreaker::allows(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (timeouts_ < kTolerated) return true;
  if (now < paused_until_) return false;
  paused_until_ = now + pause_;
  return true;
}

bool CircuitBreaker::paused(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return timeouts_ >= kTolerated && now < paused_until_;
}

void CircuitBreaker::record_success() {
  const std::lock_guard lock(mutex_);
  timeouts_ = 0;
  pause_ = std::chrono::milliseconds{0};
}

void CircuitBreaker::record_timeout(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (++timeouts_ < kTolerated) return;
  pause_ = std::clamp(pause_ * 2, kFirstPause, kMaxPause);
  paused_until_ = now + pause_;
}

}  // namespace memo
