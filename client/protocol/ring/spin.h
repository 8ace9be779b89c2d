// AdaptiveSpin: how long to look at a word before sleeping on it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace memo {

// Spinning sees a reply much sooner than a futex wake-up does (2 against 22 µs per round trip), but a spinning
// thread holds a core that others may need. So a spin lasts about twice as long as recent waits did. Where recent
// waits lasted longer than the longest spin, a thread sleeps at once; only one wait in kProbeEvery spins as long
// as it may, to see whether waits have become short. With one core no thread spins: the other side could not run
// meanwhile.
//
// Threads: any. What was learned is a hint: of concurrent updates, some may be lost.
class AdaptiveSpin {
 public:
  using Clock = std::chrono::steady_clock;

  explicit AdaptiveSpin(std::chrono::nanoseconds longest);

  // Calls `ready` until it is true (returns true) or the spin is over (returns false). A caller that then sleeps
  // passes the duration of the whole wait to learn().
  template <typename Ready>
  bool until(const Ready& ready) {
    const Clock::time_point begin = Clock::now();
    const Clock::time_point end = begin + budget();
    do {
      for (int i = 0; i < kLooksPerClockRead; ++i) {
        if (ready()) {
          learn(Clock::now() - begin);
          return true;
        }
        pause();
      }
    } while (Clock::now() < end);
    return false;
  }

  // Records that a wait took this long.
  void learn(Clock::duration wait);

  // Of the next spin.
  std::chrono::nanoseconds budget();

 private:
  static constexpr std::uint32_t kProbeEvery = 16;
  static constexpr int kLooksPerClockRead = 8;

  static void pause();

  const std::int64_t longest_ns_;
  std::atomic<std::int64_t> expected_ns_;  // a running mean of waits
  std::atomic<std::uint32_t> sleeps_{0};   // waits in a row that were not expected to be short
};

}  // namespace memo
