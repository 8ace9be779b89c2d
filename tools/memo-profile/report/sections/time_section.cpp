#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tools/common/svg.h"
#include "tools/memo-profile/report/charts/chart_style.h"
#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

constexpr double kBarLeft = 44, kBarHeight = 13, kRowHeight = 54;
constexpr double kMaxShare = 1.25;  // of plain time; a longer bar is cut

// A text's time in two parts. Units: microseconds.
struct Parts {
  const char* name;
  double attention;
  double rest;
  double total() const { return attention + rest; }
};

Parts plain_parts(const TimePoint& time) {
  return {"plain", time.attention_us, std::max(0.0, time.plain_us - time.attention_us)};
}

// Fixed maps change attention alone: the rest is plain's.
Parts fixed_parts(const TimePoint& time) {
  const double rest = std::min(plain_parts(time).rest, time.fixed_us);
  return {"fixed", time.fixed_us - rest, rest};
}

double saved_share(const TimePoint& time) {
  return 1 - time.fixed_us / time.plain_us;
}

// Bars are shares of plain time: lengths differ too much to be drawn on one scale.
void draw_bar(const Parts& parts, double plain_us, double scale, double y, SvgPage& svg) {
  const auto width = [&](double us) {
    const double share = us / plain_us;
    return std::isfinite(share) ? std::clamp(share, 0.0, kMaxShare) * scale : 0;
  };
  svg.text({0, y + kBarHeight - 3}, parts.name, {.size = kSmall});
  svg.bar({kBarLeft, y}, width(parts.attention), kBarHeight, kAttentionColor,
          fmt::format("{}: attention {}", parts.name, duration(parts.attention)));
  svg.bar({kBarLeft + width(parts.attention), y}, width(parts.rest), kBarHeight, kRestColor,
          fmt::format("{}: everything else {}", parts.name, duration(parts.rest)));
}

std::string batch_chart(const std::vector<TimePoint>& times) {
  double widest = 1;
  for (const TimePoint& time : times) widest = std::max(widest, time.fixed_us / time.plain_us);
  const double scale = (kChartWidth - kBarLeft - 2) / std::min(widest, kMaxShare);
  SvgPage svg;
  double y = 0;
  for (const TimePoint& time : times) {
    svg.text({kBarLeft, y + 13}, fmt::format("{} tokens", time.length), {.size = kLabel, .bold = true});
    svg.text({kChartWidth - 2, y + 13},
             fmt::format("{} → {}, saves {}", duration(time.plain_us), duration(time.fixed_us),
                         percent(saved_share(time))),
             {.anchor = TextAnchor::end, .size = kSmall});
    draw_bar(plain_parts(time), time.plain_us, scale, y + 19, svg);
    draw_bar(fixed_parts(time), time.plain_us, scale, y + 19 + kBarHeight + 1, svg);
    y += kRowHeight;
  }
  return svg.element(kChartWidth, static_cast<int>(y), "Time of a text, plain and with all maps fixed");
}

HtmlTable time_table(const std::vector<TimePoint>& times) {
  HtmlTable table("Times as a table",
                  {"Tokens", "Batch", "Plain", "of it attention", "All maps fixed", "Saved at most"});
  for (const TimePoint& time : times)
    table.row({std::to_string(time.length), std::to_string(time.batch), duration(time.plain_us),
               duration(time.attention_us), duration(time.fixed_us), percent(saved_share(time))});
  return table;
}

}  // namespace

void write_times(const ProfileResult& result, Html& page) {
  page.open_section("times", "Where the time of a text goes");
  if (result.times.empty()) {
    page.note("No times were measured.");
    return page.close_section();
  }
  page.paragraph(
      "With every map fixed, memoization saves all it can: what is left of attention is the product of map and "
      "values. "
      "No choice of maps saves more. Bars are shares of the plain time at the same length; a batch is how many "
      "texts are "
      "processed together.");
  page.legend({{"attention", std::string(kAttentionColor)}, {"everything else", std::string(kRestColor)}});
  std::map<std::uint32_t, std::vector<TimePoint>> by_batch;
  for (const TimePoint& time : result.times) by_batch[time.batch].push_back(time);
  page.open_figures();
  for (auto& [batch, times] : by_batch) {
    std::ranges::stable_sort(times, {}, &TimePoint::length);
    page.figure(fmt::format("Batches of {}", counted(batch, "text")), batch_chart(times));
  }
  page.close_figures();
  time_table(result.times).write(page);
  page.close_section();
}

}  // namespace memo
