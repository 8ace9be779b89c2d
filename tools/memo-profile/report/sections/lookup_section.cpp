#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tools/memo-profile/report/charts/chart_style.h"
#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/charts/xy_chart.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

// By layer, each ascending by distance.
using Thresholds = std::map<std::uint32_t, std::vector<ThresholdPoint>>;

Thresholds by_layer(const std::vector<ThresholdPoint>& points) {
  Thresholds layers;
  for (const ThresholdPoint& point : points) layers[point.layer].push_back(point);
  for (auto& [layer, of_layer] : layers) std::ranges::stable_sort(of_layer, {}, &ThresholdPoint::max_distance);
  return layers;
}

std::string title_of(const ThresholdPoint& point) {
  return fmt::format(
      "layer {}, threshold {:.3g}: {} hit, similarity {}; a hit saves {}, a lookup costs {}, worth {} a text",
      point.layer, point.max_distance, percent(point.hit_rate), similarity_text(point.similarity),
      duration(point.saved_us), duration(point.cost_us), duration(point.net_us()));
}

struct Measure {
  const char* caption;
  const char* y_label;
  double (*value)(const ThresholdPoint&);
  bool zero_line = false;
};
constexpr Measure kMeasures[] = {
    {"How many texts have a stored neighbour", "hit rate, %",
     [](const ThresholdPoint& point) { return 100 * point.hit_rate; }},
    // Where nothing hits there is no similarity.
    {"How similar the maps are that are found", "similarity of hits",
     [](const ThresholdPoint& point) { return point.hit_rate > 0 ? point.similarity : std::nan(""); }},
    {"What a lookup is worth: above 0 it pays", "worth, µs a text",
     [](const ThresholdPoint& point) { return point.net_us(); }, true},
    {"What a lookup costs", "cost, µs a text", [](const ThresholdPoint& point) { return point.cost_us; }, true}};

std::string chart(const ProfileResult& result, const Thresholds& layers, const Measure& measure) {
  XyChart chart{.x_label = "threshold: largest distance of features",
                .y_label = measure.y_label,
                .series = {},
                .limit = {},
                .zero_line = measure.zero_line,
                .least_y = {},
                .most_y = {}};
  for (const auto& [layer, points] : layers) {
    XySeries series{.color = layer_color(layer, result.setting.layers),
                    .mark = XyMark::small,
                    .line = true,
                    .title = fmt::format("layer {}", layer),
                    .points = {}};
    for (const ThresholdPoint& point : points)
      series.points.push_back({point.max_distance, measure.value(point), std::nullopt, title_of(point)});
    chart.series.push_back(std::move(series));
  }
  return chart.svg();
}

std::vector<std::string> cells(const ThresholdPoint& point) {
  return {std::to_string(point.layer), fmt::format("{:.3g}", point.max_distance),
          percent(point.hit_rate),     similarity_text(point.similarity),
          duration(point.saved_us),    duration(point.cost_us),
          duration(point.net_us())};
}

const std::vector<std::string> kColumns = {"Layer",       "Threshold",      "Hit rate",    "Similarity",
                                           "A hit saves", "A lookup costs", "Worth a text"};

const ThresholdPoint& most_worth(const std::vector<ThresholdPoint>& points) {
  return *std::ranges::max_element(points, {}, &ThresholdPoint::net_us);
}

// The smallest threshold at which a layer's lookups pay. The similarity there shows what they cost in quality.
std::vector<std::string> worth_cells(const std::vector<ThresholdPoint>& points) {
  const auto first = std::ranges::find_if(points, [](const ThresholdPoint& point) { return point.net_us() > 0; });
  const bool pays = first != points.end();
  const ThresholdPoint& shown = pays ? *first : most_worth(points);
  return {std::to_string(shown.layer),
          pays ? fmt::format("{:.3g}", shown.max_distance) : "never",
          pays ? percent(shown.hit_rate) : "",
          pays ? similarity_text(shown.similarity) : "",
          duration(shown.saved_us),
          duration(shown.cost_us),
          duration(most_worth(points).net_us())};
}

void write_worth(const Thresholds& layers, Html& page) {
  const ThresholdPoint* most = nullptr;
  std::size_t paying = 0;
  HtmlTable table("From which threshold on a lookup pays, for each layer",
                  {"Layer", "Pays from", "Hit rate there", "Similarity there", "A hit saves", "A lookup costs",
                   "Worth at most"});
  for (const auto& [layer, points] : layers) {
    const ThresholdPoint& best = most_worth(points);
    if (most == nullptr || best.net_us() > most->net_us()) most = &best;
    paying += best.net_us() > 0 ? 1 : 0;
    table.row(worth_cells(points));
  }
  page.paragraph(
      paying == 0
          ? std::string("On these texts a lookup costs more than it saves, at every layer and threshold.")
          : fmt::format(
                "On these texts lookups would pay at {} of {} layers, most at layer {}: {} a text with a "
                "threshold of {:.3g}. Whether the maps that are found are good enough is another question: see "
                "their similarity.",
                paying, layers.size(), most->layer, duration(most->net_us()), most->max_distance));
  table.write(page, layers.size() <= 12);
}

std::vector<LegendEntry> legend_entries(const ProfileResult& result, const Thresholds& layers) {
  std::vector<LegendEntry> entries;
  for (const auto& [layer, points] : layers)
    entries.push_back({fmt::format("layer {}", layer), layer_color(layer, result.setting.layers)});
  return entries;
}

}  // namespace

void write_lookups(const ProfileResult& result, Html& page) {
  page.open_section("lookups", "What looking up gives");
  if (result.thresholds.empty()) {
    page.note("Lookups were not measured.");
    return page.close_section();
  }
  const Thresholds layers = by_layer(result.thresholds);
  page.paragraph(
      "A lookup accepts a stored map whose text is no further away than a threshold. A larger one hits more "
      "often, with "
      "maps that fit less. Every lookup costs a search, hits alone save, so it is worth hit rate × saving − "
      "cost.");
  page.paragraph(
      result.setting.embedder_texts > 0
          ? fmt::format("How far two texts are from each other says an embedder, trained for each layer on {} "
                        "of the sample so that texts with similar maps are near.",
                        counted(result.setting.embedder_texts, "text"))
          : std::string("How far two texts are from each other says a projection of their inputs, as they are "
                        "too few to train an embedder on."));
  page.legend(legend_entries(result, layers));
  page.open_figures();
  for (const Measure& measure : kMeasures) page.figure(measure.caption, chart(result, layers, measure));
  page.close_figures();
  write_worth(layers, page);
  HtmlTable table("All thresholds as a table", kColumns);
  for (const auto& [layer, points] : layers)
    for (const ThresholdPoint& point : points) table.row(cells(point));
  table.write(page);
  page.close_section();
}

}  // namespace memo
