#include "tools/memo-bench/store/report/goals.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

double p50(const Json& measured) {
  return measured.at("memod").at("lookup_us").at("p50");
}
double tail(const Json& measured) {
  return measured.at("memod").at("lookup_us").at("p99").get<double>() / p50(measured);
}
double recall(const Json& measured) {
  return measured.at("recall").at("recall_at_1");
}
double over(const Json& measured, const char* peer) {
  return measured.at("peers").at(peer).at("memod_over_peer").at("p50");
}

// A goal is a figure of one case. Reading a figure that a case does not have throws; then there is no such goal.
struct KnownGoal {
  const char* workload;
  std::uint64_t memos;  // 0: any that was measured
  const char* what;
  double limit;
  bool at_most;
  const char* unit;
  std::function<double(const Json&)> figure;
};

const std::vector<KnownGoal>& known_goals() {
  static const std::vector<KnownGoal> goals = {
      {"similar-10k", 10'000, "similar hit of 192 KiB at 10,000 memos, p50", 25, true, "µs", p50},
      {"similar-10k", 10'000, "its p99 over its p50", 4, true, "×", tail},
      {"similar-10k", 10'000, "its recall@1", 0.97, false, "", recall},
      {"similar-sizes", 100'000, "similar hit at 100,000 memos, p50", 50, true, "µs", p50},
      {"similar-sizes", 100'000, "its p99 over its p50", 4, true, "×", tail},
      {"similar-sizes", 100'000, "its recall@1", 0.97, false, "", recall},
      {"similar-sizes", 1'000'000, "similar hit at 1,000,000 memos, p50", 100, true, "µs", p50},
      {"similar-sizes", 1'000'000, "its p99 over its p50", 4, true, "×", tail},
      {"similar-sizes", 1'000'000, "its recall@1", 0.97, false, "", recall},
      {"similar-sizes", 1'000'000, "the daemon's memory beside pool and features, a memo", 300, true, "B",
       [](const Json& measured) { return measured.at("daemon").at("bytes_beside_feature").get<double>(); }},
      {"exact-192k", 0, "exact hit of 192 KiB, read once: Redis takes", 20, false, "× as long",
       [](const Json& measured) { return 1 / over(measured, "redis"); }},
      {"exact-192k", 0, "the same over an in-process LMDB read", 2, true, "×",
       [](const Json& measured) { return over(measured, "lmdb"); }},
      {"publish-ready-192k", 0, "publishing full drafts from one client", 12, false, "GB/s",
       [](const Json& measured) {
         return measured.at("memod").at("publish").at("bytes_per_s").get<double>() / 1e9;
       }},
      {"mixed-4", 0, "four clients: the fastest over the slowest", 2, true, "×",
       [](const Json& measured) { return measured.at("memod").at("fairness").get<double>(); }},
      {"mixed-4", 0, "four clients: wrong payloads", 0, true, "",
       [](const Json& measured) { return measured.at("memod").at("wrong").get<double>(); }},
  };
  return goals;
}

void add_goal(const KnownGoal& known, const Json& measured, std::vector<Goal>& goals) {
  if (measured.at("workload") != known.workload) return;
  if (known.memos != 0 && measured.at("memos") != known.memos) return;
  try {
    goals.push_back(
        {.what = known.what,
         .bound = fmt::format("at {} {:g} {}", known.at_most ? "most" : "least", known.limit, known.unit),
         .limit = known.limit,
         .at_most = known.at_most,
         .unit = known.unit,
         .measured = known.figure(measured)});
  } catch (const Json::exception&) {  // this run has no such figure, for example without its peers
  }
}

}  // namespace

std::vector<Goal> goals_of(const Json& cases) {
  std::vector<Goal> goals;
  for (const KnownGoal& known : known_goals())
    for (const Json& measured : cases) add_goal(known, measured, goals);
  return goals;
}

std::string markdown_goals(const Json& cases) {
  std::string text = "| goal | bound | measured | |\n|---|---|---:|---|\n";
  for (const Goal& goal : goals_of(cases))
    text += fmt::format("| {} | {} | {:.3g} {} | {} |\n", goal.what, goal.bound, goal.measured, goal.unit,
                        goal.met() ? "met" : "**missed**");
  return text;
}

}  // namespace memo
