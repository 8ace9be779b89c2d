// The middle of measured values.
#pragma once

#include <vector>

namespace memo {

// The middle value, or the mean of the two; 0 for none.
double median(std::vector<double> values);

}  // namespace memo
