#include "tools/memo-bench/common/line_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <variant>

#include "tools/common/axis.h"
#include "tools/common/svg.h"

namespace memo {
namespace {

constexpr double kLeft = 62, kTop = 34, kWidth = 500, kHeight = 300, kLegend = 150, kBottom = 44;
constexpr char kGridColor[] = "#dee2e6";

using ChartAxis = std::variant<LogAxis, LinearAxis>;

struct Extent {
  double least_x = 1e300, most_x = -1e300, least_y = 1e300, most_y = -1e300;
};

Extent extent_of(const std::vector<ChartCurve>& curves) {
  Extent extent;
  for (const ChartCurve& curve : curves)
    for (const auto& [x, y] : curve.points) {
      extent.least_x = std::min(extent.least_x, x);
      extent.most_x = std::max(extent.most_x, x);
      extent.least_y = std::min(extent.least_y, y);
      extent.most_y = std::max(extent.most_y, y);
    }
  return extent;
}

std::vector<ChartCurve> drawable(const LineChart& chart) {
  std::vector<ChartCurve> curves = chart.curves;
  const auto takes = [](bool linear, double value) { return linear ? std::isfinite(value) : value > 0; };
  for (ChartCurve& curve : curves)
    std::erase_if(curve.points, [&](const auto& point) {
      return !takes(chart.linear_x, point.first) || !takes(chart.linear_y, point.second);
    });
  std::erase_if(curves, [](const ChartCurve& curve) { return curve.points.empty(); });
  return curves;
}

ChartAxis make_axis(bool linear, double least, double most, AxisRoom room) {
  return linear ? ChartAxis(LinearAxis(least, most, room)) : ChartAxis(LogAxis(least, most, room));
}

double at(const ChartAxis& axis, double value) {
  return std::visit([&](const auto& kind) { return kind.at(value); }, axis);
}

std::vector<double> ticks(const ChartAxis& axis) {
  return std::visit([](const auto& kind) { return kind.ticks(); }, axis);
}

std::string label(const ChartAxis& axis, double value) {
  return std::visit([&](const auto& kind) { return kind.label(value); }, axis);
}

void draw_axes(const LineChart& chart, const ChartAxis& x, const ChartAxis& y, SvgPage& page) {
  for (const double tick : ticks(x)) {
    page.line({at(x, tick), kTop}, {at(x, tick), kTop + kHeight}, kGridColor);
    page.text({at(x, tick), kTop + kHeight + 14}, label(x, tick), {.anchor = TextAnchor::middle});
  }
  for (const double tick : ticks(y)) {
    page.line({kLeft, at(y, tick)}, {kLeft + kWidth, at(y, tick)}, kGridColor);
    page.text({kLeft - 6, at(y, tick) + 3}, label(y, tick), {.anchor = TextAnchor::end});
  }
  page.text({kLeft, 18}, chart.title, {.size = 13});
  page.text({kLeft + kWidth / 2, kTop + kHeight + 34}, chart.x_label, {.anchor = TextAnchor::middle, .size = 11});
  page.text({16, kTop + kHeight / 2}, chart.y_label, {.anchor = TextAnchor::middle, .size = 11, .upwards = true});
}

}  // namespace

Status LineChart::write(const std::string& path) const {
  const std::vector<ChartCurve> shown_curves = drawable(*this);
  if (shown_curves.empty()) return {StatusCode::invalid_argument, fmt::format("{}: nothing to draw", path)};
  const Extent extent = extent_of(shown_curves);
  const ChartAxis x = make_axis(linear_x, extent.least_x, extent.most_x, {kLeft, kLeft + kWidth});
  const ChartAxis y = make_axis(linear_y, extent.least_y, extent.most_y, {kTop + kHeight, kTop});
  SvgPage page;
  draw_axes(*this, x, y, page);
  double legend = kTop + 10;
  for (const ChartCurve& curve : shown_curves) {
    std::vector<SvgPage::Point> points;
    for (const auto& [at_x, at_y] : curve.points) points.push_back({at(x, at_x), at(y, at_y)});
    page.curve(points, curve.color, curve.dashed);
    if (curve.name.empty()) continue;
    page.curve({{kLeft + kWidth + 14, legend}, {kLeft + kWidth + 34, legend}}, curve.color, curve.dashed);
    page.text({kLeft + kWidth + 42, legend + 4}, curve.name, {.size = 11});
    legend += 17;
  }
  return page.write(path, static_cast<int>(kLeft + kWidth + kLegend), static_cast<int>(kTop + kHeight + kBottom));
}

}  // namespace memo
