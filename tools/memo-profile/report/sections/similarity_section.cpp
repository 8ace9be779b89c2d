#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/common/svg.h"
#include "tools/memo-profile/report/charts/chart_style.h"
#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

struct Kind {
  const char* name;
  double HeadSimilarity::*value;
};
constexpr Kind kKinds[] = {{"fixed: the average map", &HeadSimilarity::fixed},
                           {"nearest: the stored map that a lookup finds", &HeadSimilarity::nearest},
                           {"blend: a mixture of the nearest few", &HeadSimilarity::blend},
                           {"random: any stored map, for comparison", &HeadSimilarity::random}};

using Similarities = std::vector<HeadSimilarity>;

// A kind that is 0 everywhere was not measured: even random maps share something.
bool is_measured(const Similarities& similarities, const Kind& kind) {
  return std::ranges::any_of(similarities, [&](const HeadSimilarity& head) { return head.*kind.value != 0; });
}

double mean(const Similarities& similarities, const Kind& kind) {
  double sum = 0;
  for (const HeadSimilarity& head : similarities) sum += head.*kind.value;
  return sum / static_cast<double>(similarities.size());
}

// From similarities to colours: the same for all pictures, 1 the brightest.
class HeatScale {
 public:
  explicit HeatScale(const Similarities& similarities) {
    for (const Kind& kind : kKinds)
      for (const HeadSimilarity& head : similarities)
        if (is_measured(similarities, kind) && std::isfinite(head.*kind.value))
          least_ = std::min(least_, head.*kind.value);
    least_ = std::clamp(std::floor(10 * least_) / 10, 0.0, 0.9);
  }
  double least() const { return least_; }
  double shade(double similarity) const { return (similarity - least_) / (1 - least_); }

 private:
  double least_ = 1;
};

constexpr double kCellsLeft = 26, kMaxSide = 27;
double cell_side(const ProfileSetting& setting) {
  return std::min(kMaxSide, (kChartWidth - kCellsLeft) / setting.heads);
}
bool has_numbers(double side) {
  return side >= 22;
}

struct Cells {
  static constexpr double kLeft = kCellsLeft, kTop = 30;
  double side;
  double x(std::uint32_t head) const { return kLeft + head * side; }
  double y(std::uint32_t layer) const { return kTop + layer * side; }
  // Numbers have room at every stride()-th row or column only.
  std::uint32_t stride() const { return static_cast<std::uint32_t>(std::ceil(14 / side)); }
};

void draw_numbers(const ProfileSetting& setting, const Cells& cells, SvgPage& svg) {
  svg.text({0, 10}, "layer ↓  head →", {.size = kSmall});
  for (std::uint32_t head = 0; head < setting.heads; head += cells.stride())
    svg.text({cells.x(head) + cells.side / 2, Cells::kTop - 5}, std::to_string(head),
             {.anchor = TextAnchor::middle, .size = 9});
  for (std::uint32_t layer = 0; layer < setting.layers; layer += cells.stride())
    svg.text({Cells::kLeft - 5, cells.y(layer) + cells.side / 2 + 3}, std::to_string(layer),
             {.anchor = TextAnchor::end, .size = 9});
}

std::string heat_map(const ProfileSetting& setting, const Similarities& similarities, const Kind& kind,
                     const HeatScale& scale) {
  const Cells cells{cell_side(setting)};
  const double gap = cells.side > 6 ? 1 : 0;
  SvgPage svg;
  draw_numbers(setting, cells, svg);
  for (const HeadSimilarity& head : similarities) {
    const double value = head.*kind.value, shade = scale.shade(value);
    svg.bar({cells.x(head.head), cells.y(head.layer)}, cells.side - gap, cells.side - gap, heat_color(shade),
            fmt::format("layer {}, head {}: {}", head.layer, head.head, similarity_text(value)));
    if (!has_numbers(cells.side)) continue;
    svg.text({cells.x(head.head) + cells.side / 2, cells.y(head.layer) + cells.side / 2 + 3},
             fixed_point(100 * value, 0),
             {.anchor = TextAnchor::middle, .size = 10, .color = heat_text_color(shade)});
  }
  return svg.element(kChartWidth, static_cast<int>(std::ceil(cells.y(setting.layers))),
                     fmt::format("Similarity of each layer and head, {}", kind.name));
}

void write_ramp(const HeatScale& scale, Html& page) {
  std::string stops;
  for (int step = 0; step <= 8; ++step)
    stops += fmt::format("{}{}", step == 0 ? "" : ", ", heat_color(step / 8.0));
  page.open("div", fmt::format("class='ramp' style='background: linear-gradient(to right, {})'", stops));
  page.close("div");
  page.open("p");
  page.element("span", fixed_point(scale.least(), 1));
  page.element("span", "similarity");
  page.element("span", "1.0");
  page.close("p");
}

HtmlTable similarity_table(const Similarities& similarities) {
  HtmlTable table("Similarities as a table", {"Layer", "Head", "Fixed", "Nearest", "Blend", "Random"});
  for (const HeadSimilarity& head : similarities)
    table.row({std::to_string(head.layer), std::to_string(head.head), similarity_text(head.fixed),
               similarity_text(head.nearest), similarity_text(head.blend), similarity_text(head.random)});
  return table;
}

}  // namespace

void write_similarities(const ProfileResult& result, Html& page) {
  const Similarities& similarities = result.similarities;
  page.open_section("similarity", "How alike the maps are");
  if (similarities.empty()) {
    page.note("No similarities were measured.");
    return page.close_section();
  }
  page.paragraph(
      "How similar a map that stands in is to the one that would have been computed, for each layer and head, "
      "mean over "
      "the validation texts. Bright heads do much the same for every text. Where the average map is as similar as "
      "the "
      "nearest stored one, a lookup has nothing to add.");
  if (has_numbers(cell_side(result.setting))) page.note("The numbers in the cells are hundredths.");
  const HeatScale scale(similarities);
  write_ramp(scale, page);
  page.open_figures();
  for (const Kind& kind : kKinds)
    if (is_measured(similarities, kind))
      page.figure(fmt::format("{}. Mean {}", kind.name, similarity_text(mean(similarities, kind))),
                  heat_map(result.setting, similarities, kind, scale));
  page.close_figures();
  for (const Kind& kind : kKinds)
    if (!is_measured(similarities, kind)) page.note(fmt::format("Not measured: {}.", kind.name));
  similarity_table(similarities).write(page);
  page.close_section();
}

}  // namespace memo
