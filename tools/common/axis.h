// Axes of charts: they map numbers to pixels, and choose the numbers to write beside them.
#pragma once

#include <string>
#include <vector>

namespace memo {

// Where an axis begins and ends. Units: pixels.
struct AxisRoom {
  double from = 0;
  double to = 0;
};

class LogAxis {
 public:
  // Requires: 0 < least <= most.
  LogAxis(double least, double most, AxisRoom room);
  double at(double value) const;
  // Round numbers inside: 1, 2 and 5 times powers of ten, or the powers alone where there are many.
  std::vector<double> ticks() const;
  // 1500 -> "1.5k"
  static std::string label(double value);

 private:
  double low_, high_;  // logarithms
  AxisRoom room_;
};

class LinearAxis {
 public:
  // Requires: least <= most, both finite.
  LinearAxis(double least, double most, AxisRoom room);
  double at(double value) const;
  // Multiples of 1, 2 or 5 times a power of ten inside, about five.
  std::vector<double> ticks() const;
  // With as many decimals as distinguish the ticks.
  std::string label(double value) const;

 private:
  double low_, high_;
  double step_;  // of the ticks
  AxisRoom room_;
};

}  // namespace memo
