#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "tools/common/svg.h"
#include "tools/memo-bench/paper/page/paper_plots.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kLabel = 150, kWidth = 520, kBar = 18, kStep = 24, kTop = 64;

struct PlottedPart {
  const char* key;
  const char* name;
  const char* color;
};
constexpr PlottedPart kPlottedParts[] = {
    {"rest_us", "all else", "#ced4da"},       {"tokenize_us", "tokenize", "#868e96"},
    {"attention_us", "attention", "#4c6ef5"}, {"values_us", "values", "#40c057"},
    {"maps_us", "maps read", "#2b8a3e"},      {"features_us", "features", "#f08c00"},
    {"search_us", "search", "#e8590c"},       {"publish_us", "publish", "#862e9c"},
};
struct Run {
  const char* key;
  const char* name;
};
constexpr Run kRuns[] = {
    {"plain", "plain"}, {"by_key", "hit by key"}, {"similar", "similar hit"}, {"miss", "miss, published"}};

void draw_legend(SvgPage& page) {
  double x = 8;
  for (const PlottedPart& part : kPlottedParts) {
    page.bar({x, 32}, 12, 12, part.color);
    page.text({x + 16, 42}, part.name);
    x += 92;
  }
}

// `us`: pixels per microsecond.
void draw_run(const Json& figures, const char* name, double y, double us, SvgPage& page) {
  page.text({kLabel - 6, y + kBar - 5}, name, {.anchor = TextAnchor::end});
  double x = kLabel;
  for (const PlottedPart& part : kPlottedParts) {
    const double width = std::max(0.0, figures.at(part.key).get<double>() * us);
    page.bar({x, y}, width, kBar, part.color);
    x += width;
  }
  page.text({x + 6, y + kBar - 5}, fmt::format("{:.0f} µs", figures.at("total_us").get<double>()));
}

}  // namespace

Status write_cost_plot(const Json& types, const std::string& path) {
  double most = 0;
  for (const Json& type : types)
    for (const Run& run : kRuns) most = std::max(most, type.at("runs").at(run.key).at("total_us").get<double>());
  SvgPage page;
  page.text({8, 18}, "Where the time of a text goes, one thread", {.size = 13});
  draw_legend(page);
  double y = kTop;
  for (const Json& type : types) {
    page.text({8, y + 12}, type.at("dtype").get<std::string>(), {.bold = true});
    for (const Run& run : kRuns) {
      draw_run(type.at("runs").at(run.key), run.name, y, kWidth / most, page);
      y += kStep;
    }
    y += kStep / 2;
  }
  return page.write(path, static_cast<int>(kLabel + kWidth + 90), static_cast<int>(y));
}

}  // namespace memo
