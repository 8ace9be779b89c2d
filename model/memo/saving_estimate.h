// SavingEstimate: how long a sequence takes at a layer when computed and when read, as measured.
#pragma once

#include <algorithm>
#include <cstddef>

namespace memo {

// Threads: one at a time.
class SavingEstimate {
 public:
  void add_computed(double seconds, std::size_t sequences) { follow(computed_us_, seconds, sequences); }
  void add_read(double seconds, std::size_t sequences) { follow(read_us_, seconds, sequences); }

  // Microseconds that a hit saves. Before the first hit the whole computation counts as saved.
  float saved_us() const { return static_cast<float>(std::max(0.0, computed_us_ - read_us_)); }

 private:
  // A moving average over about ten calls, started with the first.
  static void follow(double& average_us, double seconds, std::size_t sequences) {
    const double now_us = 1e6 * seconds / static_cast<double>(sequences);
    average_us = average_us == 0 ? now_us : 0.9 * average_us + 0.1 * now_us;
  }

  double computed_us_ = 0;
  double read_us_ = 0;
};

}  // namespace memo
