// AdaptiveSpin: how long to look at a word before sleeping on it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace memo {

// A reply that comes within a few microseconds costs less seen by spinning than by a futex wake-up (2 against 22 µs
// round trip), but on a machine with few cores the spinner may occupy the core that the other side needs. So a spin
// is short, and shorter still while spinning does not pay.
//
// Threads: any. The budget is a hint: concurrent updates may lose one another.
class AdaptiveSpin {
 public:
  // Calls `ready` until it is true (returns true) or the budget is used up (returns false).
  template <typename Ready>
  bool until(const Ready& ready) {
    const std::uint32_t budget = budget_ns_.load(std::memory_order_relaxed);
    const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds{budget};
    do {
      for (int i = 0; i < kLooksPerClockRead; ++i) {
        if (ready()) return learn(budget * 2, true);
        pause();
      }
    } while (std::chrono::steady_clock::now() < end);
    return learn(budget / 2, false);
  }

 private:
  static constexpr std::uint32_t kShortestNs = 500;
  static constexpr std::uint32_t kLongestNs = 8'000;
  static constexpr int kLooksPerClockRead = 8;

  static void pause();
  bool learn(std::uint32_t budget_ns, bool paid);

  std::atomic<std::uint32_t> budget_ns_{4'000};
};

}  // namespace memo
