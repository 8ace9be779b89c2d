// DecayedRate: how often trials hit, estimated from the latest ones, and how certain that is.
#pragma once

#include <cmath>
#include <cstddef>

namespace memo {

// A trial counts for 1/e once `memory` others have come after it.
// Threads: one at a time.
class DecayedRate {
 public:
  explicit DecayedRate(double memory) : memory_(memory) {}

  // A trial may hit in part.
  void add(std::size_t trials, double hits) {
    const double keep = std::exp(-static_cast<double>(trials) / memory_);
    trials_ = trials_ * keep + static_cast<double>(trials);
    hits_ = hits_ * keep + hits;
  }
  // Limits the weight of everything seen so far to this many trials.
  void weaken(double trials) {
    if (trials_ <= trials) return;
    hits_ *= trials / trials_;
    trials_ = trials;
  }

  double trials() const { return trials_; }  // weighted
  double rate() const { return trials_ > 0 ? hits_ / trials_ : 0; }
  // The rate is unlikely to be higher than this: the upper end of Wilson's interval, one deviation wide. 1 without
  // trials.
  double highest() const {
    if (trials_ <= 0) return 1;
    const double p = rate();
    const double root = std::sqrt(p * (1 - p) / trials_ + 1 / (4 * trials_ * trials_));
    return (p + 1 / (2 * trials_) + root) / (1 + 1 / trials_);
  }

 private:
  const double memory_;
  double trials_ = 0;
  double hits_ = 0;
};

}  // namespace memo
