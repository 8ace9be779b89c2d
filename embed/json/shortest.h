// Floats for JSON, whose writers take doubles.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace memo {

// A float as the shortest decimal that reads as the same float, not as a double's seventeen digits.
inline double shortest(float value) {
  return std::isfinite(value) ? std::stod(fmt::format("{}", value)) : static_cast<double>(value);
}

}  // namespace memo
