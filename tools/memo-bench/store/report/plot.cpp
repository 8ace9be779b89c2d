#include "tools/memo-bench/store/report/plot.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <set>

#include "tools/memo-bench/common/line_chart.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

// memod's color is the first.
constexpr const char* kColors[] = {"#4c6ef5", "#e8590c", "#2b8a3e", "#862e9c", "#868e96"};

struct Axis {
  const char* key;
  const char* label;
};
constexpr Axis kAxes[] = {{"memos", "memos in the store"}, {"clients", "client processes"}};

void add_points(const Json& measured, const Axis& axis, const Json& times,
                std::vector<std::pair<double, double>>& p50, std::vector<std::pair<double, double>>& p99) {
  const double at = measured.at(axis.key);
  p50.emplace_back(at, times.at("p50"));
  p99.emplace_back(at, times.at("p99"));
}

// Curves of one contestant: p50, and p99 dashed.
void add_curves(const std::vector<Json>& cases, const Axis& axis, const std::string& name, LineChart& chart) {
  std::vector<std::pair<double, double>> p50, p99;
  for (const Json& measured : cases) {
    const Json& figures = name == "memod" ? measured.at("memod") : measured.at("peers").at(name);
    if (figures.contains("lookup_us")) add_points(measured, axis, figures["lookup_us"], p50, p99);
  }
  const char* color = kColors[chart.curves.size() / 2 % std::size(kColors)];
  chart.curves.push_back({name + " p50", color, false, std::move(p50)});
  chart.curves.push_back({name + " p99", color, true, std::move(p99)});
}

bool varies(const std::vector<Json>& cases, const char* key) {
  std::set<double> values;
  for (const Json& measured : cases) values.insert(measured.at(key).get<double>());
  return values.size() > 1;
}

std::vector<std::string> contestants_of(const Json& measured) {
  std::vector<std::string> names = {"memod"};
  if (measured.contains("peers"))
    for (const auto& [name, figures] : measured["peers"].items()) names.push_back(name);
  return names;
}

}  // namespace

Result<std::vector<std::string>> write_store_plots(const Json& cases, const std::string& folder) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  std::map<std::string, std::vector<Json>> by_workload;
  for (const Json& measured : cases) by_workload[measured.at("workload")].push_back(measured);
  std::vector<std::string> files;
  for (const auto& [workload, measured] : by_workload)
    for (const Axis& axis : kAxes) {
      if (!varies(measured, axis.key) || !measured[0].at("memod").contains("lookup_us")) continue;
      LineChart chart{.title = fmt::format("{}: latency of a lookup", workload),
                      .x_label = axis.label,
                      .y_label = "microseconds",
                      .curves = {}};
      for (const std::string& name : contestants_of(measured[0])) add_curves(measured, axis, name, chart);
      files.push_back(fmt::format("{}.svg", workload));
      MEMO_RETURN_IF_ERROR(chart.write(folder + "/" + files.back()));
      break;  // one axis only: both would make a surface
    }
  return files;
}

}  // namespace memo
