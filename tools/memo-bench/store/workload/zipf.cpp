#include "tools/memo-bench/store/workload/zipf.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace memo {
namespace {

// log(1 + x) / x and (exp(x) - 1) / x, also where x is nearly 0.
double log_over(double x) {
  return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2;
}
double exp_over(double x) {
  return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2;
}

}  // namespace

Zipf::Zipf(std::uint64_t count, double skew)
    : count_(static_cast<double>(count)),
      skew_(skew),
      integral_first_(integral(1.5) - 1),
      integral_last_(integral(count_ + 0.5)),
      accepted_(2 - integral_inverse(integral(2.5) - density(2))) {
  assert(count > 0 && skew >= 0);
}

double Zipf::density(double x) const {
  return std::exp(-skew_ * std::log(x));
}

// The integral of the density from 1 to x.
double Zipf::integral(double x) const {
  const double log_x = std::log(x);
  return exp_over((1 - skew_) * log_x) * log_x;
}

double Zipf::integral_inverse(double y) const {
  const double scaled = std::max(-1.0, y * (1 - skew_));
  return std::exp(log_over(scaled) * y);
}

std::uint64_t Zipf::operator()(SplitMix& random) const {
  while (true) {
    const double y = integral_last_ + random.uniform() * (integral_first_ - integral_last_);
    const double x = integral_inverse(y);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, count_);
    if (rank - x <= accepted_ || y >= integral(rank + 0.5) - density(rank))
      return static_cast<std::uint64_t>(rank) - 1;
  }
}

}  // namespace memo
