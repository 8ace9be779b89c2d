#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/common/axis.h"
#include "tools/common/svg.h"
#include "tools/memo-profile/report/charts/chart_style.h"
#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

std::string time_bars(const TestResult& test) {
  constexpr double kLeft = 80, kBar = 24, kRow = 34, kRoom = 74;
  const double longest = std::max({test.plain_us, test.memoized_us, 1e-9});
  SvgPage svg;
  double y = 0;
  for (const auto& [name, us, color] :
       {std::tuple("plain", test.plain_us, kRestColor), std::tuple("memoized", test.memoized_us, kChosenColor)}) {
    const double share = us / longest;
    const double width = std::isfinite(share) ? std::max(share, 0.0) * (kChartWidth - kLeft - kRoom) : 0;
    svg.text({kLeft - 8, y + 16}, name, {.anchor = TextAnchor::end, .size = kLabel});
    svg.bar({kLeft, y}, width, kBar, color, fmt::format("{}: {} a text", name, duration(us)));
    svg.text({kLeft + width + 6, y + 16}, duration(us), {.size = kLabel});
    y += kRow;
  }
  return svg.element(kChartWidth, static_cast<int>(y), "Time of a text, plain and memoized");
}

// An interval on an axis that includes 0, and the budget if there is one.
struct IntervalPicture {
  Interval interval;
  std::string unit;
  std::optional<double> budget = {};
  std::string title = {};

  std::string svg() const {
    constexpr double kTop = 22, kLine = 34, kBottom = 58;
    if (!std::isfinite(interval.low) || !std::isfinite(interval.high) || !std::isfinite(interval.mean)) return {};
    const double budget_or_0 = budget.value_or(0);
    const LinearAxis x(std::min({interval.low, interval.mean, budget_or_0, 0.0}),
                       std::max({interval.high, interval.mean, budget_or_0, 0.0}), {14, kChartWidth - 14});
    SvgPage svg;
    for (const double tick : x.ticks()) {
      svg.line({x.at(tick), kTop}, {x.at(tick), kBottom - 12}, tick == 0 ? "currentColor" : kGrid);
      svg.text({x.at(tick), kBottom + 2}, x.label(tick), {.anchor = TextAnchor::middle, .size = kSmall});
    }
    if (budget) {
      svg.line({x.at(*budget), kTop - 6}, {x.at(*budget), kBottom - 12}, kBudgetColor, {1.6, true});
      const bool right = x.at(*budget) > kChartWidth / 2.0;
      svg.text({x.at(*budget) + (right ? -5 : 5), kTop - 6}, "budget",
               {.anchor = right ? TextAnchor::end : TextAnchor::start, .size = kSmall, .color = kBudgetColor});
    }
    svg.line({x.at(interval.low), kLine}, {x.at(interval.high), kLine}, kChosenColor, {3});
    svg.dot({x.at(interval.mean), kLine}, kChosenColor, {6}, title);
    svg.text({kChartWidth / 2.0, kBottom + 18}, unit, {.anchor = TextAnchor::middle, .size = kLabel});
    return svg.element(kChartWidth, static_cast<int>(kBottom) + 24, title);
  }
};

// What the test says of the budget.
std::string budget_text(const ProfileResult& result) {
  const TestResult& test = result.test;
  if (!result.budget.labels)
    return fmt::format("The budget was a mean cosine of at least {}; the test found {}, {}.",
                       similarity_text(result.budget.cosine), similarity_text(test.cosine),
                       test.cosine >= result.budget.cosine ? "which keeps it" : "which misses it");
  if (!test.lost) return "Accuracy was not tested.";
  const double budget = result.budget.points;
  const char* judged = test.lost->high <= budget   ? "all of the interval is within it"
                       : test.lost->mean <= budget ? "which keeps it; the interval reaches beyond it"
                       : test.lost->low <= budget  ? "which is more, but within the error of the test"
                                                   : "which exceeds it by more than the error of the test";
  return fmt::format("The budget was {} points of accuracy; the test found {} ({}): {}.", points(budget),
                     points(test.lost->mean), points_range(*test.lost), judged);
}

void write_figures(const ProfileResult& result, Html& page) {
  const TestResult& test = result.test;
  const Interval saved{100 * test.saved.mean, 100 * test.saved.low, 100 * test.saved.high};
  page.open_figures();
  page.figure("Time of a text, from its characters to its result (median)", time_bars(test));
  page.figure(fmt::format("Time saved: {}, 95 % interval {}", percent(test.saved.mean), percent_range(test.saved)),
              IntervalPicture{saved, "time saved, %", {}, percent_range(test.saved)}.svg());
  if (test.lost)
    page.figure(fmt::format("Accuracy lost: {} points, 95 % interval {}", points(test.lost->mean),
                            points_range(*test.lost)),
                IntervalPicture{*test.lost, "accuracy lost, points",
                                result.budget.labels ? std::optional(result.budget.points) : std::nullopt,
                                points_range(*test.lost)}
                    .svg());
  page.close_figures();
}

std::string test_quality(const TestResult& test) {
  std::string text;
  if (test.plain_accuracy && test.memoized_accuracy)
    text = fmt::format("Of the test texts, {}\u00A0% get the right label plain, {}\u00A0% memoized. ",
                       fixed_point(*test.plain_accuracy, 1), fixed_point(*test.memoized_accuracy, 1));
  return text + fmt::format("The mean cosine of memoized to plain results is {}; 5 % of texts are below {}.",
                            similarity_text(test.cosine), similarity_text(test.cosine_p05));
}

}  // namespace

void write_test(const ProfileResult& result, Html& page) {
  const ProfileSetting& setting = result.setting;
  page.open_section("test", "The test");
  page.paragraph(fmt::format(
      "The sample was split by seed {}: {} to fit on (average maps, calibration, embedder, head), {} to "
      "choose the policy by, and {} that nothing was fitted to or chosen on.",
      setting.seed, counted(setting.training_texts, "text"), counted(setting.validation_texts, "text"),
      counted(setting.test_texts, "text")));
  if (result.test.texts == 0) {
    page.note(result.pays ? "The chosen policy was not tested."
                          : "Everything is computed: there is nothing to test.");
    return page.close_section();
  }
  page.paragraph(
      "The chosen policy was run on the last ones once. Plain and memoized runs took turns, and the saving is "
      "taken from "
      "each pair of neighbours, so that whatever slows the machine for a while slows both. Accuracy is compared "
      "text by "
      "text.");
  write_figures(result, page);
  page.paragraph(budget_text(result));
  page.paragraph(test_quality(result.test));
  page.close_section();
}

}  // namespace memo
