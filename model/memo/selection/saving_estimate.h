// SavingEstimate: the measured time of a sequence at a layer, when it is computed and when it is read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

namespace memo {

// Threads: one at a time.
class SavingEstimate {
 public:
  // kept: the time includes encoding the map for a publish.
  void add_computed(double seconds, bool kept) { follow(kept ? kept_us_ : computed_us_, seconds); }
  void add_read(double seconds) { follow(read_us_, seconds); }

  // Microseconds that a hit saves. Before the first hit the whole computation counts as saved.
  float saved_us() const {
    const double computed = computed_us_ > 0 ? computed_us_ : kept_us_;
    return static_cast<float>(std::max(0.0, computed - read_us_));
  }
  // The same; nothing before a map was computed.
  std::optional<double> known_saving_us() const {
    if (computed_us_ == 0 && kept_us_ == 0) return std::nullopt;
    return saved_us();
  }
  // How long encoding a map takes; 0 until maps were computed both with and without it.
  double encode_us() const {
    return computed_us_ > 0 && kept_us_ > 0 ? std::max(0.0, kept_us_ - computed_us_) : 0;
  }

 private:
  // A moving average over about thirty sequences, started with the first.
  static void follow(double& average_us, double seconds) {
    const double now_us = 1e6 * seconds;
    average_us = average_us == 0 ? now_us : 0.97 * average_us + 0.03 * now_us;
  }

  double computed_us_ = 0;
  double kept_us_ = 0;
  double read_us_ = 0;
};

}  // namespace memo
