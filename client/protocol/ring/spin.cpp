#include "client/protocol/ring/spin.h"

#include <algorithm>
#include <thread>

namespace memo {
namespace {

constexpr std::chrono::nanoseconds kShortest{1'000};

bool others_can_run() {
  static const bool several = std::thread::hardware_concurrency() > 1;
  return several;
}

}  // namespace

AdaptiveSpin::AdaptiveSpin(std::chrono::nanoseconds longest)
    : longest_ns_(others_can_run() ? longest.count() : 0), expected_ns_(longest_ns_ / 2) {}

void AdaptiveSpin::pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// A wait of an hour weighs as much as one that is a little too long, so that the next short ones still count.
void AdaptiveSpin::learn(Clock::duration wait) {
  const std::int64_t counted = std::clamp<std::int64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count(), 0, 2 * longest_ns_);
  const std::int64_t expected = expected_ns_.load(std::memory_order_relaxed);
  // A wait with a sleep seems longer by the time that waking takes, so a mean over such waits would never fall.
  const bool short_again = expected > longest_ns_ && counted <= longest_ns_;
  expected_ns_.store(short_again ? counted : (3 * expected + counted) / 4, std::memory_order_relaxed);
}

std::chrono::nanoseconds AdaptiveSpin::budget() {
  const std::int64_t expected = expected_ns_.load(std::memory_order_relaxed);
  const std::chrono::nanoseconds longest{longest_ns_};
  if (expected <= longest_ns_) {
    sleeps_.store(0, std::memory_order_relaxed);
    return std::min(longest, std::chrono::nanoseconds{2 * expected} + kShortest);
  }
  const bool probe = sleeps_.fetch_add(1, std::memory_order_relaxed) % kProbeEvery == kProbeEvery - 1;
  return probe ? longest : std::chrono::nanoseconds{0};
}

}  // namespace memo
