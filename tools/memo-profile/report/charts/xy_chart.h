// XyChart: points and lines on linear axes, as an element of a page.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace memo {

struct XyPoint {
  double x = 0;
  double y = 0;
  std::optional<std::pair<double, double>> error;  // y from, to
  std::string title;                               // under the pointer
};

enum class XyMark { none, small, dot, ring, target };
struct XySeries {
  std::string color;
  XyMark mark = XyMark::dot;
  bool line = false;
  std::string title;  // of the line
  std::vector<XyPoint> points;
};

// A height marked by a line: everything on its bad side is shaded.
struct XyLimit {
  double y = 0;
  std::string label;
  bool bad_above = true;
};

struct XyChart {
  std::string x_label;
  std::string y_label;
  std::vector<XySeries> series;
  std::optional<XyLimit> limit;
  bool zero_line = false;  // at y 0, which is then inside
  // What lies outside is drawn at the edge, as an arrowhead. Empty: everything is inside.
  std::optional<double> least_y, most_y;

  // Points that are not finite are left out; empty when none is left.
  std::string svg() const;
};

}  // namespace memo
