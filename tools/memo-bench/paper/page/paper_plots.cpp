#include "tools/memo-bench/paper/page/paper_plots.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "tools/memo-bench/common/line_chart.h"
#include "tools/memo-bench/engine/plot.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;
using Points = std::vector<std::pair<double, double>>;

constexpr const char* kOurs = "#4c6ef5";
constexpr const char* kTheirs = "#868e96";
constexpr const char* kColors[] = {"#e8590c", "#2b8a3e", "#862e9c", "#f08c00", "#1098ad"};

// A point for each row: the share of maps read, in per cent, and the scaled figure at `what`.
Points against_rate(const Json& rows, const Json::json_pointer& what, double scale) {
  Points points;
  for (const Json& row : rows)
    points.emplace_back(100 * row.at("rate").get<double>(), scale * row.at(what).get<double>());
  std::sort(points.begin(), points.end());
  return points;
}

// The paper's Figure 4: what is lost, against what is read.
Status draw_lost(const Json& threshold, const std::string& path) {
  LineChart chart{.title = "Accuracy lost against maps read",
                  .x_label = "maps read, per cent",
                  .y_label = "points of accuracy lost",
                  .curves = {},
                  .linear_x = true,
                  .linear_y = true};
  chart.curves.push_back({"here", kOurs, false, against_rate(threshold.at("rows"), "/lost/mean"_json_pointer, 1)});
  chart.curves.push_back(
      {"the paper, BERT", kTheirs, true, against_rate(threshold.at("published"), "/lost"_json_pointer, 1)});
  return chart.write(path);
}

Status draw_saved(const Json& threshold, const std::string& path) {
  LineChart chart{.title = "Time saved against maps read, everything included",
                  .x_label = "maps read, per cent",
                  .y_label = "of plain's time saved, per cent",
                  .curves = {},
                  .linear_x = true,
                  .linear_y = true};
  chart.curves.push_back(
      {"here", kOurs, false, against_rate(threshold.at("rows"), "/saved/mean"_json_pointer, 100)});
  return chart.write(path);
}

// A point for each row: the number of stored texts, and a figure.
template <typename Figure>
Points by_size(const Json& rows, const Figure& figure) {
  Points points;
  for (const Json& row : rows) points.emplace_back(row.at("texts").get<double>(), figure(row));
  return points;
}

Status draw_sizes(const Json& rows, const std::string& path) {
  LineChart chart{.title = "What lookups find, by stored texts",
                  .x_label = "stored texts",
                  .y_label = "share of lookups; similarity",
                  .curves = {},
                  .linear_y = true};
  chart.curves.push_back({"nearest: similarity", kOurs, true, by_size(rows, [](const Json& row) {
                            return row.at("nearest").at("similarity").get<double>();
                          })});
  chart.curves.push_back({"average: similarity", kTheirs, true, by_size(rows, [](const Json& row) {
                            return row.at("average_similarity").get<double>();
                          })});
  for (std::size_t i = 0; i < rows.at(0).at("hit_rates").size(); ++i)
    chart.curves.push_back(
        {fmt::format("hits, distance ≤ {:g}", rows[0]["hit_rates"][i].at("max_distance").get<float>()),
         kColors[i % std::size(kColors)], false,
         by_size(rows, [i](const Json& row) { return row.at("hit_rates").at(i).at("rate").get<double>(); })});
  return chart.write(path);
}

// The experiment's figures at `key`; null where there are none.
const Json* figures_of(const Json& result, const char* experiment, const char* key) {
  if (!result.contains(experiment)) return nullptr;
  const Json& figures = result[experiment].at(key);
  return figures.empty() ? nullptr : &figures;
}

}  // namespace

Result<std::vector<std::string>> write_paper_plots(const Json& result, const std::string& folder) {
  std::vector<std::string> files;
  const auto path = [&](const char* name) { return folder + "/" + files.emplace_back(name); };
  if (figures_of(result, "threshold", "rows") != nullptr) {
    const Json& threshold = result["threshold"];
    if (threshold.contains("plain")) MEMO_RETURN_IF_ERROR(draw_lost(threshold, path("threshold-lost.svg")));
    MEMO_RETURN_IF_ERROR(draw_saved(threshold, path("threshold-saved.svg")));
  }
  if (const Json* cases = figures_of(result, "latency", "cases"))
    MEMO_RETURN_IF_ERROR(write_engine_plot(*cases, path("latency.svg")));
  if (const Json* rows = figures_of(result, "size", "rows"))
    MEMO_RETURN_IF_ERROR(draw_sizes(*rows, path("size.svg")));
  if (const Json* types = figures_of(result, "cost", "types"))
    MEMO_RETURN_IF_ERROR(write_cost_plot(*types, path("cost.svg")));
  return files;
}

}  // namespace memo
