// Means of measured values.
#pragma once

#include <span>

#include "model/tuning/result/profile_result.h"

namespace memo {

// The mean of independent values with its 95 % confidence interval (normal approximation: meant for 20 and more).
Interval mean_interval(std::span<const double> values);

}  // namespace memo
