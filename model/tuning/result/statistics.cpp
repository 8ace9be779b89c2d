#include "model/tuning/result/statistics.h"

#include <cmath>

namespace memo {
namespace {

constexpr double kNormal95 = 1.959964;

}  // namespace

Interval mean_interval(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += value / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half = values.size() < 2 ? 0 : kNormal95 * std::sqrt(squares / (count - 1) / count);
  return {mean, mean - half, mean + half};
}

}  // namespace memo
