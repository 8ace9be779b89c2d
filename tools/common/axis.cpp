#include "tools/common/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace memo {
namespace {

constexpr double kMargin = 0.04;  // share of an axis, at each end

double place(double value, double low, double high, AxisRoom room) {
  return room.from + (value - low) / (high - low) * (room.to - room.from);
}

// The smallest of 1, 2, 5, 10 times a power of ten that is not less than `value`, but for rounding errors.
double round_up(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double digit : {1.0, 2.0, 5.0})
    if (digit * power >= value * 0.999) return digit * power;
  return 10 * power;
}

}  // namespace

LogAxis::LogAxis(double least, double most, AxisRoom room)
    : low_(std::log10(least)), high_(std::log10(most)), room_(room) {
  if (high_ - low_ < 0.3) {
    low_ -= 0.15;
    high_ += 0.15;
  }
  const double margin = kMargin * (high_ - low_);
  low_ -= margin;
  high_ += margin;
}

double LogAxis::at(double value) const {
  return place(std::log10(value), low_, high_, room_);
}

std::vector<double> LogAxis::ticks() const {
  std::vector<double> ticks;
  for (int power = static_cast<int>(std::floor(low_)); power <= high_; ++power)
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double log = power + std::log10(digit);
      if (log < low_ || log > high_ || (digit != 1 && high_ - low_ > 2.5)) continue;
      ticks.push_back(std::pow(10, log));
    }
  return ticks;
}

std::string LogAxis::label(double value) {
  if (value >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.3g}k", value / 1e3);
  return fmt::format("{:.3g}", value);
}

LinearAxis::LinearAxis(double least, double most, AxisRoom room) : low_(least), high_(most), room_(room) {
  // Widens a range that is a single number, but for rounding errors: the number is then in the middle.
  const double size = std::max(std::fabs(low_), std::fabs(high_));
  if (high_ - low_ <= 1e-6 * size) {
    const double half = size > 0 ? 0.05 * size : 0.5;
    low_ -= half;
    high_ += half;
  }
  const double margin = kMargin * (high_ - low_);
  low_ -= margin;
  high_ += margin;
  step_ = round_up((high_ - low_) / 6);
}

double LinearAxis::at(double value) const {
  return place(value, low_, high_, room_);
}

std::vector<double> LinearAxis::ticks() const {
  std::vector<double> ticks;
  for (double multiple = std::ceil(low_ / step_); multiple * step_ <= high_; ++multiple)
    ticks.push_back(multiple == 0 ? 0.0 : multiple * step_);  // never -0
  return ticks;
}

std::string LinearAxis::label(double value) const {
  const int decimals = static_cast<int>(std::clamp(-std::floor(std::log10(step_) + 1e-9), 0.0, 9.0));
  return fmt::format("{}{:.{}f}", value < 0 ? "−" : "", std::fabs(value), decimals);
}

}  // namespace memo
