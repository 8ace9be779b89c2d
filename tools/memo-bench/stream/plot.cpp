#include "tools/memo-bench/stream/plot.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "tools/common/svg.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kLeft = 60, kTop = 40, kWidth = 360, kHeight = 180;
constexpr double kAcross = kLeft + kWidth + 160, kDown = kTop + kHeight + 50;

struct Curve {
  const char* field;  // a JSON pointer
  const char* name;
  const char* color;
};
constexpr Curve kCurves[] = {{"/saved", "time saved", "#4c6ef5"},
                             {"/repeat_rate", "repeats", "#868e96"},
                             {"/outputs/found", "results found", "#2b8a3e"},
                             {"/maps/found", "maps found", "#e8590c"},
                             {"/maps/published", "maps kept", "#ae3ec9"}};

// One run: shares in per cent, from -25 to 100, over the windows.
void draw_run(const Json& measured, const Json& run, SvgPage::Point corner, SvgPage& page) {
  const auto y = [&](double share) {
    return corner.y + kHeight * (1 - (std::clamp(share, -0.25, 1.0) + 0.25) / 1.25);
  };
  page.text(
      {corner.x, corner.y - 10},
      fmt::format("{} tokens, {}: {}, {}", measured["length"].get<int>(), measured["dtype"].get<std::string>(),
                  run["reuse"].get<std::string>(), run["selection"].get<std::string>()),
      {.bold = true});
  for (const double share : {-0.25, 0.0, 0.25, 0.5, 0.75, 1.0}) {
    page.line({corner.x, y(share)}, {corner.x + kWidth, y(share)}, share == 0 ? "#868e96" : "#dee2e6");
    page.text({corner.x - 6, y(share) + 3}, fmt::format("{:.0f} %", 100 * share), {.anchor = TextAnchor::end});
  }
  const Json& windows = run["windows"];
  const double step = kWidth / static_cast<double>(windows.size());
  double legend = corner.y + 8;
  for (const Curve& curve : kCurves) {
    std::vector<SvgPage::Point> points;
    for (const Json& window : windows)
      points.push_back({corner.x + (static_cast<double>(points.size()) + 0.5) * step,
                        y(window.at(Json::json_pointer(curve.field)).get<double>())});
    page.curve(points, curve.color);
    page.text({corner.x + kWidth + 10, legend}, curve.name, {.size = 11});
    page.line({corner.x + kWidth + 92, legend - 4}, {corner.x + kWidth + 112, legend - 4}, curve.color,
              {.width = 2});
    legend += 16;
  }
}

}  // namespace

Status write_stream_plot(const Json& cases, const std::string& path) {
  SvgPage page;
  double y = kTop;
  std::size_t columns = 1;
  for (const Json& measured : cases) {
    double x = kLeft;
    for (const Json& run : measured["runs"]) {
      draw_run(measured, run, {x, y}, page);
      x += kAcross;
    }
    columns = std::max(columns, measured["runs"].size());
    y += kDown;
  }
  return page.write(path, static_cast<int>(kLeft + static_cast<double>(columns) * kAcross), static_cast<int>(y));
}

}  // namespace memo
