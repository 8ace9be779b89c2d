// A chart of curves, on logarithmic axes unless it says otherwise.
#pragma once

#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

struct ChartCurve {
  std::string name;  // empty: it belongs to the one before
  std::string color;
  bool dashed = false;
  std::vector<std::pair<double, double>> points;  // by x; positive numbers on logarithmic axes
};

struct LineChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<ChartCurve> curves;
  bool linear_x = false;
  bool linear_y = false;

  // Writes an SVG. Points that an axis does not take are left out. Errors: as OutputFile; invalid_argument when no
  // point is left.
  Status write(const std::string& path) const;
};

}  // namespace memo
