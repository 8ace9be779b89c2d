#include <fmt/format.h>

#include <algorithm>

#include "tools/memo-profile/report/charts/numbers.h"
#include "tools/memo-profile/report/document/profile_check.h"
#include "tools/memo-profile/report/sections/sections.h"

namespace memo {
namespace {

struct Tile {
  std::string name;
  std::string number;
  std::string about;
};

std::string verdict_of(const ProfileResult& result) {
  if (!result.verdict.empty()) return result.verdict;
  if (!result.pays) return "Compute everything: nothing that was tried saves time within the budget.";
  return fmt::format("Memoization pays: {} less time a text within the budget.", percent(result.test.saved.mean));
}

constexpr char kComputed[] = "Everything is computed, so nothing changes.";
constexpr char kUntested[] = "As measured when it was chosen; no test was made.";

// The candidate whose figures stand in for those of a test; null: the policy computes everything.
const Candidate* untested(const ProfileResult& result) {
  return result.pays ? chosen_candidate(result) : nullptr;
}

Tile saved_tile(const ProfileResult& result) {
  const TestResult& test = result.test;
  if (test.texts > 0)
    return {"Time saved", percent(test.saved.mean),
            fmt::format("95 % interval {}. {} a text instead of {}, measured on {} kept for this test.",
                        percent_range(test.saved), duration(test.memoized_us), duration(test.plain_us),
                        counted(test.texts, "text"))};
  if (const Candidate* chosen = untested(result)) return {"Time saved", percent(chosen->saved), kUntested};
  return {"Time saved", percent(0), kComputed};
}

Tile lost_tile(const ProfileResult& result) {
  const TestResult& test = result.test;
  const Candidate* chosen = untested(result);
  const std::string budget = fmt::format("Budget: at most {}.", points(result.budget.points));
  const auto tile = [](const Interval& lost, const std::string& about) {
    return Tile{"Accuracy lost", points(lost.mean) + " points",
                fmt::format("95 % interval {}. {}", points_range(lost), about)};
  };
  if (test.texts > 0 && test.lost)
    return tile(*test.lost, fmt::format("{} Mean cosine {}.", budget, similarity_text(test.cosine)));
  if (chosen != nullptr && chosen->lost) return tile(*chosen->lost, fmt::format("{} {}", budget, kUntested));
  if (chosen != nullptr || test.texts > 0) return {"Accuracy lost", "not known", budget};
  return {"Accuracy lost", "0.00 points", fmt::format("{} {}", kComputed, budget)};
}

Tile cosine_tile(const ProfileResult& result) {
  const TestResult& test = result.test;
  const Candidate* chosen = untested(result);
  const std::string budget = fmt::format("Budget: a mean of at least {}.", similarity_text(result.budget.cosine));
  const auto tile = [&](double cosine, double cosine_p05, const char* about) {
    return Tile{
        "Cosine to the plain embedding", similarity_text(cosine),
        fmt::format("The mean; 19 of 20 texts are above {}. {} {}", similarity_text(cosine_p05), budget, about)};
  };
  if (test.texts > 0) return tile(test.cosine, test.cosine_p05, "");
  if (chosen != nullptr) return tile(chosen->cosine, chosen->cosine_p05, kUntested);
  return {"Cosine to the plain embedding", similarity_text(1), fmt::format("{} {}", kComputed, budget)};
}

void write_tile(const Tile& tile, Html& page) {
  page.open("div", "class='tile'");
  page.element("span", tile.name);
  page.element("b", tile.number);
  page.element("small", tile.about);
  page.close("div");
}

// Lines break before options only.
void write_options(std::string_view command, Html& page) {
  page.open("code");
  while (!command.empty()) {
    const std::size_t end = std::min(command.find(" --", 1), command.size() - 1) + 1;
    page.markup("<span>");
    page.text(command.substr(0, end));
    page.markup("</span>");
    command.remove_prefix(end);
  }
  page.close("code");
}

void write_command(const ProfileResult& result, Html& page) {
  page.open("div", "class='tile wide'");
  page.element("span", "Run next");
  if (result.command.empty())
    page.element("small", "No policy was written: run memo-infer without one.");
  else
    write_options(result.command, page);
  page.close("div");
}

void write_links(Html& page) {
  page.markup(
      "<nav><a href='#words'>The words</a> <a href='#times'>Time</a> <a href='#similarity'>Similarity</a> "
      "<a href='#frontier'>Saving and loss</a> <a href='#lookups'>Lookups</a> <a href='#examples'>Examples</a> "
      "<a href='#policy'>The policy</a> <a href='#test'>The test</a> <a href='#setting'>How it was "
      "measured</a></nav>\n");
}

}  // namespace

void write_opening(const ProfileResult& result, Html& page) {
  page.open("header", "id='result'");
  page.element("p", "memo-profile", "class='kicker'");
  page.element("h1", fmt::format("What memoization does for {}", result.setting.model));
  page.element("p", verdict_of(result), "class='verdict'");
  page.open("div", "class='tiles'");
  write_tile(saved_tile(result), page);
  write_tile(result.budget.labels ? lost_tile(result) : cosine_tile(result), page);
  write_command(result, page);
  page.close("div");
  write_links(page);
  page.close("header");
}

}  // namespace memo
