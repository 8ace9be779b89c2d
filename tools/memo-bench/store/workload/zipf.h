// Zipf: ranks whose popularity falls as a power of the rank.
#pragma once

#include <cstdint>

#include "tools/memo-bench/store/workload/random.h"

namespace memo {

// Rank r (from 0) comes up in proportion to 1 / (r + 1)^skew; a skew of 0 is uniform.
// Takes constant time and no tables, for any count.
// Source: Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions",
// ACM TOMACS 6(3), 1996.
class Zipf {
 public:
  // Requires: count > 0, skew >= 0.
  Zipf(std::uint64_t count, double skew);
  // 0 .. count - 1
  std::uint64_t operator()(SplitMix& random) const;

 private:
  double density(double x) const;
  double integral(double x) const;
  double integral_inverse(double y) const;

  double count_;
  double skew_;
  double integral_first_;
  double integral_last_;
  double accepted_;  // a rank this close to its real number is taken without a look at the density
};

}  // namespace memo
