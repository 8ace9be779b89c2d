#include "tools/memo-bench/engine/plot.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "tools/common/svg.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kLabelWidth = 250;
constexpr int kUnit = 360;  // pixels of the plain engine's time
constexpr int kBar = 13;
constexpr int kGap = 16;
constexpr double kMaxMultiple = 3;  // longer bars are cut

struct Bar {
  std::string name;
  double multiple;
  const char* color;
};

std::vector<Bar> bars_of(const Json& measured) {
  static constexpr std::pair<const char*, const char*> kModes[] = {
      {"plain", "#4c6ef5"}, {"fixed", "#2b8a3e"}, {"hit", "#40c057"}, {"mixed", "#a9e34b"}};
  const double plain = measured["plain"]["wall_ms"];
  std::vector<Bar> bars;
  for (const auto& [mode, color] : kModes)
    if (measured.contains(mode)) bars.push_back({mode, measured[mode]["wall_ms"].get<double>() / plain, color});
  if (measured.contains("peers"))
    for (const auto& [peer, times] : measured["peers"].items())
      bars.push_back({peer, times["wall_ms"].get<double>() / plain, "#adb5bd"});
  return bars;
}

std::string title_of(const Json& measured) {
  return fmt::format("{} {} {}x{}, {} thread(s)", measured["model"].get<std::string>(),
                     measured["dtype"].get<std::string>(), measured["batch"].get<int>(),
                     measured["length"].get<int>(), measured["threads"].get<int>());
}

// Returns where the next case begins.
int draw_case(const Json& measured, int y, SvgPage& page) {
  page.text({8, y + kBar - 2.0}, title_of(measured), {.bold = true});
  for (const Bar& bar : bars_of(measured)) {
    const double width = std::floor(std::min(bar.multiple, kMaxMultiple) * kUnit);
    page.bar({kLabelWidth, y + 0.0}, width, kBar - 2, bar.color);
    page.text({kLabelWidth + width + 4, y + kBar - 3.0}, fmt::format("{} {:.2f}", bar.name, bar.multiple));
    y += kBar;
  }
  return y + kGap;
}

}  // namespace

Status write_engine_plot(const Json& cases, const std::string& path) {
  SvgPage page;
  page.text({8, 18}, "Time as a multiple of the plain engine's (lower is better)", {.size = 13});
  int y = 34;
  double widest = 1;
  for (const Json& measured : cases) {
    for (const Bar& bar : bars_of(measured)) widest = std::max(widest, std::min(bar.multiple, kMaxMultiple));
    y = draw_case(measured, y, page);
  }
  return page.write(path, kLabelWidth + static_cast<int>(widest * kUnit) + 110, y);
}

}  // namespace memo
