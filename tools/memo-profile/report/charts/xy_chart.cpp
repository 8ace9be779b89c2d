#include "tools/memo-profile/report/charts/xy_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/common/axis.h"
#include "tools/common/svg.h"
#include "tools/memo-profile/report/charts/chart_style.h"

namespace memo {
namespace {

constexpr double kLeft = 50, kTop = 12, kHeight = 210, kRight = 14, kBottom = 42;
constexpr double kWidth = kChartWidth - kLeft - kRight;
constexpr double kRadius = 4;

struct Extent {
  double least_x = 1e300, most_x = -1e300, least_y = 1e300, most_y = -1e300;
  void add_x(double x) {
    least_x = std::min(least_x, x);
    most_x = std::max(most_x, x);
  }
  void add_y(double y) {
    least_y = std::min(least_y, y);
    most_y = std::max(most_y, y);
  }
};

bool drawable(const XyPoint& point) {
  return std::isfinite(point.x) && std::isfinite(point.y) &&
         (!point.error || (std::isfinite(point.error->first) && std::isfinite(point.error->second)));
}

std::vector<XySeries> drawable(std::vector<XySeries> series) {
  for (XySeries& one : series) std::erase_if(one.points, [](const XyPoint& point) { return !drawable(point); });
  std::erase_if(series, [](const XySeries& one) { return one.points.empty(); });
  return series;
}

// Draws the parts of a chart.
class Drawing {
 public:
  Drawing(const XyChart& chart, const Extent& extent)
      : chart_(chart),
        x_(extent.least_x, extent.most_x, {kLeft, kLeft + kWidth}),
        y_(chart.least_y.value_or(extent.least_y), chart.most_y.value_or(extent.most_y), {kTop + kHeight, kTop}) {}

  void axes() {
    for (const double tick : x_.ticks()) {
      page_.line({x_.at(tick), kTop}, {x_.at(tick), kTop + kHeight}, kGrid);
      page_.text({x_.at(tick), kTop + kHeight + 16}, x_.label(tick),
                 {.anchor = TextAnchor::middle, .size = kSmall});
    }
    for (const double tick : y_.ticks()) {
      page_.line({kLeft, y_.at(tick)}, {kLeft + kWidth, y_.at(tick)}, kGrid);
      page_.text({kLeft - 5, y_.at(tick) + 4}, y_.label(tick), {.anchor = TextAnchor::end, .size = kSmall});
    }
    page_.text({kLeft + kWidth / 2, kTop + kHeight + 36}, chart_.x_label,
               {.anchor = TextAnchor::middle, .size = kLabel});
    page_.text({12, kTop + kHeight / 2}, chart_.y_label,
               {.anchor = TextAnchor::middle, .size = kLabel, .upwards = true});
  }

  void limit() {
    if (chart_.zero_line) page_.line({kLeft, y_.at(0)}, {kLeft + kWidth, y_.at(0)}, "currentColor");
    if (!chart_.limit) return;
    const double at = y_.at(chart_.limit->y);
    if (chart_.limit->bad_above)
      page_.bar({kLeft, kTop}, kWidth, at - kTop, kShade);
    else
      page_.bar({kLeft, at}, kWidth, kTop + kHeight - at, kShade);
    page_.line({kLeft, at}, {kLeft + kWidth, at}, kBudgetColor, {1.6, true});
  }

  // Drawn last, on top of everything else.
  void limit_label() {
    if (!chart_.limit) return;
    const double at = y_.at(chart_.limit->y);
    page_.text({kLeft + 4, chart_.limit->bad_above ? at - 6 : at + 15}, chart_.limit->label,
               {.size = kSmall, .color = kBudgetColor, .halo = kPage});
  }

  void series(const XySeries& series) {
    if (series.line) {
      std::vector<SvgPage::Point> path;
      for (const XyPoint& point : series.points) path.push_back({x_.at(point.x), height(point.y)});
      page_.path(path, series.color, {1.8}, series.title);
    }
    for (const XyPoint& point : series.points) mark(series, point);
  }

  std::string element() const {
    return page_.element(kChartWidth, static_cast<int>(kTop + kHeight + kBottom),
                         fmt::format("{} against {}", chart_.y_label, chart_.x_label));
  }

 private:
  double height(double y) const { return std::clamp(y_.at(y), kTop, kTop + kHeight); }

  void mark(const XySeries& series, const XyPoint& point) {
    if (series.mark == XyMark::none) return;
    const SvgPage::Point at{x_.at(point.x), height(point.y)};
    if (point.error)
      page_.line({at.x, height(point.error->first)}, {at.x, height(point.error->second)}, series.color,
                 {.opacity = series.mark == XyMark::target ? 1 : 0.4});
    if (y_.at(point.y) < kTop - 0.1 || y_.at(point.y) > kTop + kHeight + 0.1) return arrow(series, point, at);
    if (series.mark == XyMark::target) page_.dot(at, series.color, {2 * kRadius, true}, point.title);
    const double radius = series.mark == XyMark::small ? 0.6 * kRadius : kRadius;
    page_.dot(at, series.color, {radius, series.mark == XyMark::ring}, point.title);
  }

  // Stands for a point outside the chart, and points to where it would be.
  void arrow(const XySeries& series, const XyPoint& point, SvgPage::Point at) {
    const double back = at.y <= kTop ? 6 : -6;
    page_.path({{at.x - 4, at.y + back}, at, {at.x + 4, at.y + back}}, series.color, {2}, point.title);
  }

  const XyChart& chart_;
  LinearAxis x_, y_;
  SvgPage page_;
};

}  // namespace

std::string XyChart::svg() const {
  const std::vector<XySeries> shown = drawable(series);
  if (shown.empty()) return {};
  Extent extent;
  for (const XySeries& one : shown)
    for (const XyPoint& point : one.points) {
      extent.add_x(point.x);
      extent.add_y(point.y);
      if (point.error) {
        extent.add_y(point.error->first);
        extent.add_y(point.error->second);
      }
    }
  if (limit) extent.add_y(limit->y);
  if (zero_line) extent.add_y(0);
  Drawing drawing(*this, extent);
  drawing.axes();
  drawing.limit();
  for (const XySeries& one : shown) drawing.series(one);
  drawing.limit_label();
  return drawing.element();
}

}  // namespace memo
