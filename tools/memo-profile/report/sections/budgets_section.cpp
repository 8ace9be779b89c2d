#include <fmt/format.h>

#include <algorithm>

#include "model/tuning/result/budget.h"
#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

constexpr double kPoints[] = {0.1, 0.5, 1, 2};
constexpr double kCosines[] = {0.99, 0.98, 0.95, 0.9};

std::string name_of(const Budget& budget) {
  return budget.labels ? fmt::format("{} points", points(budget.points))
                       : fmt::format("cosine {}", similarity_text(budget.cosine));
}

// The usual budgets and the result's own: those in points, the strictest first, then those in cosine.
std::vector<Budget> budgets_of(const ProfileResult& result) {
  std::vector<Budget> budgets = {result.budget};
  const bool lost_is_known = std::ranges::all_of(
      result.candidates, [](const Candidate& candidate) { return candidate.lost.has_value(); });
  if (lost_is_known)
    for (const double usual : kPoints) budgets.push_back({true, usual, 0});
  for (const double usual : kCosines) budgets.push_back({false, 0, usual});
  std::ranges::stable_sort(budgets, [](const Budget& a, const Budget& b) {
    if (a.labels != b.labels) return a.labels;
    return a.labels ? a.points < b.points : a.cosine > b.cosine;
  });
  const auto same = [](const Budget& a, const Budget& b) { return name_of(a) == name_of(b); };
  budgets.erase(std::unique(budgets.begin(), budgets.end(), same), budgets.end());
  return budgets;
}

std::string budget_quality(const Budget& budget, double cosine, const std::optional<Interval>& lost) {
  if (!budget.labels) return fmt::format("cosine {}", similarity_text(cosine));
  return lost ? fmt::format("{} points lost ({})", points(lost->mean), points_range(*lost)) : std::string();
}

std::vector<std::string> row_of(const Budget& budget, const Candidate* best) {
  if (best == nullptr) return {name_of(budget), "nothing pays", "", "", ""};
  return {name_of(budget), best->name, percent(best->saved), budget_quality(budget, best->cosine, best->lost),
          best->test ? budget_quality(budget, best->test->cosine, best->test->lost) : std::string("not tested")};
}

}  // namespace

void write_budgets(const ProfileResult& result, Html& page) {
  if (result.candidates.empty()) return;
  page.open_section("budgets", "What other budgets would have chosen");
  page.paragraph(
      "The policy that saves most within each budget, of those above. The search looked closely around the budget "
      "it was given only; a run with another one may find better for it. What was chosen because it looks good on "
      "some texts looks a little better there than it is: the test says more.");
  HtmlTable table("Budgets", {"Budget", "Policy", "Saved", "When choosing", "On test texts"});
  for (const Budget& budget : budgets_of(result))
    table.row(row_of(budget, best_within(result.candidates, budget)));
  table.write(page, true);
  page.close_section();
}

}  // namespace memo
