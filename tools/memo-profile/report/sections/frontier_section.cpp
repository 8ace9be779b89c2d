#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/memo-profile/report/charts/chart_style.h"
#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/charts/xy_chart.h"
#include "tools/memo-profile/report/document/profile_check.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

std::string title_of(const Candidate& candidate) {
  std::string title = fmt::format("{}{}{}: saves {}, ", candidate.chosen ? "chosen: " : "", candidate.name,
                                  candidate.calibrated ? ", calibrated" : "", percent(candidate.saved));
  if (candidate.lost)
    title += fmt::format("loses {} points ({}), ", points(candidate.lost->mean), points_range(*candidate.lost));
  return title + fmt::format("cosine {}, 5 % of texts below {}", similarity_text(candidate.cosine),
                             similarity_text(candidate.cosine_p05));
}

XyPoint lost_point(const Candidate& candidate) {
  const Interval& lost = *candidate.lost;
  return {100 * candidate.saved, lost.mean, std::pair(lost.low, lost.high), title_of(candidate)};
}

XyPoint cosine_point(const Candidate& candidate) {
  return {100 * candidate.saved, candidate.cosine, std::nullopt, title_of(candidate)};
}

using MakePoint = XyPoint (*)(const Candidate&);

// The Pareto frontier: no other point saves as much with a better y. `sign` 1: less y is better, -1: more.
std::vector<XyPoint> frontier(std::vector<XyPoint> points, double sign) {
  std::ranges::stable_sort(points, [&](const XyPoint& left, const XyPoint& right) {
    return left.x != right.x ? left.x > right.x : sign * left.y < sign * right.y;
  });
  std::vector<XyPoint> best;
  for (XyPoint& point : points) {
    point.error.reset();
    if (best.empty() || sign * point.y < sign * best.back().y) best.push_back(std::move(point));
  }
  return best;
}

// The line first, so that marks are drawn on top of it.
std::vector<XySeries> series_of(const std::vector<const Candidate*>& candidates, MakePoint make, double sign) {
  XySeries line{.color = std::string(kSoft), .mark = XyMark::none, .line = true, .title = {}, .points = {}};
  XySeries plain{.color = std::string(kPlainColor), .mark = XyMark::ring, .title = {}, .points = {}};
  XySeries calibrated{.color = std::string(kCalibratedColor), .mark = XyMark::dot, .title = {}, .points = {}};
  XySeries chosen{.color = std::string(kChosenColor), .mark = XyMark::target, .title = {}, .points = {}};
  for (const Candidate* candidate : candidates) {
    XySeries& series = candidate->chosen ? chosen : candidate->calibrated ? calibrated : plain;
    series.points.push_back(make(*candidate));
    if (std::isfinite(series.points.back().x) && std::isfinite(series.points.back().y))
      line.points.push_back(series.points.back());
  }
  line.points = frontier(std::move(line.points), sign);
  return {std::move(line), std::move(plain), std::move(calibrated), std::move(chosen)};
}

// A few candidates that lose very much must not flatten the rest: three quarters are always inside.
double third_quartile(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 3 / 4);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string lost_chart(const ProfileResult& result, const std::vector<const Candidate*>& labelled) {
  XyChart chart{.x_label = "time saved, %",
                .y_label = "accuracy lost, points",
                .series = series_of(labelled, lost_point, 1),
                .limit = {},
                .zero_line = true,
                .least_y = {},
                .most_y = {}};
  if (result.budget.labels) chart.limit = XyLimit{result.budget.points, "budget", true};
  std::vector<double> lost, high;
  for (const Candidate* candidate : labelled) {
    lost.push_back(candidate->lost->mean);
    high.push_back(candidate->lost->high);
  }
  const double most = std::max(4 * result.budget.points, 1.2 * third_quartile(lost));
  if (most > 0 && most < *std::ranges::max_element(high)) chart.most_y = most;
  return chart.svg();
}

std::string cosine_chart(const ProfileResult& result, const std::vector<const Candidate*>& candidates) {
  XyChart chart{.x_label = "time saved, %",
                .y_label = "mean cosine to plain",
                .series = series_of(candidates, cosine_point, -1),
                .limit = {},
                .least_y = {},
                .most_y = {}};
  if (!result.budget.labels) chart.limit = XyLimit{result.budget.cosine, "budget", false};
  return chart.svg();
}

HtmlTable candidate_table(std::vector<const Candidate*> candidates) {
  std::ranges::stable_sort(candidates, std::greater<>(), [](const Candidate* one) { return one->saved; });
  HtmlTable table("Candidates as a table", {"Candidate", "Calibrated", "Saved", "Lost, points", "its interval",
                                            "Cosine", "5 % below", "In budget", "Chosen"});
  const auto yes = [](bool is) { return is ? "yes" : ""; };
  for (const Candidate* one : candidates)
    table.row({one->name, yes(one->calibrated), percent(one->saved), one->lost ? points(one->lost->mean) : "",
               one->lost ? points_range(*one->lost) : "", similarity_text(one->cosine),
               similarity_text(one->cosine_p05), yes(one->in_budget), yes(one->chosen)});
  return table;
}

void write_charts(const ProfileResult& result, const std::vector<const Candidate*>& candidates, Html& page) {
  std::vector<const Candidate*> labelled;
  std::ranges::copy_if(candidates, std::back_inserter(labelled),
                       [](const Candidate* one) { return one->lost.has_value(); });
  page.open_figures();
  if (!labelled.empty())
    page.figure("Time saved against accuracy lost: right and low is good", lost_chart(result, labelled));
  page.figure("Time saved against cosine: right and high is good", cosine_chart(result, candidates));
  page.close_figures();
  if (labelled.empty()) page.note("There were no labels, so accuracy is not known.");
}

std::vector<LegendEntry> legend_entries(const ProfileResult& result) {
  std::vector<LegendEntry> entries = {{"calibrated", std::string(kCalibratedColor)},
                                      {"not calibrated", std::string(kPlainColor), true}};
  if (chosen_candidate(result) != nullptr) entries.push_back({"chosen", std::string(kChosenColor)});
  entries.push_back({"beyond the budget", std::string(kShade)});
  return entries;
}

}  // namespace

void write_frontier(const ProfileResult& result, Html& page) {
  page.open_section("frontier", "What saving time costs");
  if (result.candidates.empty()) {
    page.note("No policies were tried.");
    return page.close_section();
  }
  std::vector<const Candidate*> candidates;
  for (const Candidate& candidate : result.candidates) candidates.push_back(&candidate);
  page.paragraph(fmt::format(
      "Each mark is a policy that was tried on the validation texts: {}, {} of them within the budget. The grey "
      "line "
      "joins those that no other beats; vertical lines are 95 % intervals; an arrowhead at an edge stands for a "
      "mark outside.",
      counted(candidates.size(), "mark"), std::ranges::count_if(result.candidates, &Candidate::in_budget)));
  if (result.setting.judged_texts > result.setting.validation_texts)
    page.paragraph(fmt::format(
        "Points lost are counted on {}: the validation texts, and those training texts that only the "
        "task head was fitted to, each judged by a head fitted without it. Where layers look up, texts "
        "whose maps are stored do not count.",
        counted(result.setting.judged_texts, "text")));
  page.legend(legend_entries(result));
  write_charts(result, candidates, page);
  candidate_table(candidates).write(page);
  page.close_section();
}

}  // namespace memo
