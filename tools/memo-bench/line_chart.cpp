#include "tools/memo-bench/line_chart.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/common/axis.h"
#include "tools/common/svg.h"

namespace memo {
namespace {

constexpr double kLeft = 62, kTop = 34, kWidth = 500, kHeight = 300, kLegend = 150, kBottom = 44;
constexpr char kGridColor[] = "#dee2e6";

struct Extent {
  double least_x = 1e300, most_x = 0, least_y = 1e300, most_y = 0;
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

std::vector<ChartCurve> drawable(std::vector<ChartCurve> curves) {
  for (ChartCurve& curve : curves)
    std::erase_if(curve.points, [](const auto& point) { return !(point.first > 0 && point.second > 0); });
  std::erase_if(curves, [](const ChartCurve& curve) { return curve.points.empty(); });
  return curves;
}

void draw_axes(const LineChart& chart, const LogAxis& x, const LogAxis& y, SvgPage& page) {
  for (const double tick : x.ticks()) {
    page.line({x.at(tick), kTop}, {x.at(tick), kTop + kHeight}, kGridColor);
    page.text({x.at(tick), kTop + kHeight + 14}, LogAxis::label(tick), {.anchor = TextAnchor::middle});
  }
  for (const double tick : y.ticks()) {
    page.line({kLeft, y.at(tick)}, {kLeft + kWidth, y.at(tick)}, kGridColor);
    page.text({kLeft - 6, y.at(tick) + 3}, LogAxis::label(tick), {.anchor = TextAnchor::end});
  }
  page.text({kLeft, 18}, chart.title, {.size = 13});
  page.text({kLeft + kWidth / 2, kTop + kHeight + 34}, chart.x_label, {.anchor = TextAnchor::middle, .size = 11});
  page.text({16, kTop + kHeight / 2}, chart.y_label, {.anchor = TextAnchor::middle, .size = 11, .upwards = true});
}

}  // namespace

Status LineChart::write(const std::string& path) const {
  const std::vector<ChartCurve> shown_curves = drawable(curves);
  if (shown_curves.empty()) return {StatusCode::invalid_argument, fmt::format("{}: nothing to draw", path)};
  const Extent extent = extent_of(shown_curves);
  const LogAxis x(extent.least_x, extent.most_x, {kLeft, kLeft + kWidth});
  const LogAxis y(extent.least_y, extent.most_y, {kTop + kHeight, kTop});
  SvgPage page;
  draw_axes(*this, x, y, page);
  double legend = kTop + 10;
  for (const ChartCurve& curve : shown_curves) {
    std::vector<SvgPage::Point> points;
    for (const auto& [at_x, at_y] : curve.points) points.push_back({x.at(at_x), y.at(at_y)});
    page.curve(points, curve.color, curve.dashed);
    if (curve.name.empty()) continue;
    page.curve({{kLeft + kWidth + 14, legend}, {kLeft + kWidth + 34, legend}}, curve.color, curve.dashed);
    page.text({kLeft + kWidth + 42, legend + 4}, curve.name, {.size = 11});
    legend += 17;
  }
  return page.write(path, static_cast<int>(kLeft + kWidth + kLegend), static_cast<int>(kTop + kHeight + kBottom));
}

}  // namespace memo
