// Means and medians of measured values.
#pragma once

#include <span>
#include <vector>

#include "tools/memo-profile/profile_result.h"

namespace memo {

// The mean of independent values with its 95 % confidence interval (normal approximation: meant for 20 and more).
Interval mean_interval(std::span<const double> values);

// Requires: values is not empty.
double median(std::vector<double> values);

}  // namespace memo
