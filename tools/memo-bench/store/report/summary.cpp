#include "tools/memo-bench/store/report/summary.h"

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>

#include "model/tuning/result/median.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

double operations_of(const RoundFigures& figures) {
  return static_cast<double>(figures.lookups + figures.publish_times.count());
}

double rate(double count, double seconds) {
  return seconds > 0 ? count / seconds : 0;
}

double lookup_rate(const RoundFigures& round) {
  return rate(static_cast<double>(round.lookups), round.wall_s);
}

double fairness_of(const std::vector<RoundFigures>& clients) {
  double least = 1e300, most = 0;
  for (const RoundFigures& client : clients) {
    const double own = rate(operations_of(client), client.wall_s);
    least = std::min(least, own);
    most = std::max(most, own);
  }
  return least > 0 ? most / least : 0;
}

}  // namespace

void ContestantRounds::add(const std::vector<RoundFigures>& clients, double server_cpu_s) {
  assert(!clients.empty());
  Round round;
  for (const RoundFigures& client : clients) round.all.merge(client);
  round.operations = operations_of(round.all);
  round.fairness = fairness_of(clients);
  round.server_cpu_s = server_cpu_s;
  total_.merge(round.all);
  rounds_.push_back(std::move(round));
}

double ContestantRounds::median_of(const std::function<double(const Round&)>& figure) const {
  std::vector<double> values;
  for (const Round& round : rounds_) values.push_back(figure(round));
  return median(std::move(values));
}

Json ContestantRounds::times(LatencyHistogram RoundFigures::*times) const {
  const auto percentile = [&](double share) {
    return median_of([&](const Round& round) { return (round.all.*times).percentile_us(share); });
  };
  return {{"count", (total_.*times).count()}, {"p50", percentile(0.5)},    {"p90", percentile(0.9)},
          {"p99", percentile(0.99)},          {"p999", percentile(0.999)}, {"max", (total_.*times).max_us()}};
}

Json ContestantRounds::publishes() const {
  return {{"published", total_.published},
          {"refused", total_.refused},
          {"draft_waits", total_.draft_waits},
          {"bytes_per_s", median_of([](const Round& round) {
             return rate(static_cast<double>(round.all.published_bytes), round.all.wall_s);
           })},
          {"call_us", times(&RoundFigures::publish_times)}};
}

Json ContestantRounds::summary() const {
  Json json;
  if (total_.lookups > 0) {
    json["lookup_us"] = times(&RoundFigures::lookup_times);
    json["lookups_per_s"] = median_of([](const Round& round) { return lookup_rate(round.all); });
    json["read_bytes_per_s"] = median_of(
        [](const Round& round) { return rate(static_cast<double>(round.all.read_bytes), round.all.wall_s); });
    json["hit_ratio"] = rate(static_cast<double>(total_.hits), static_cast<double>(total_.items));
  }
  if (total_.publish_times.count() > 0) json["publish"] = publishes();
  json["client_cpu_us"] = median_of(
      [](const Round& round) { return rate(1e6 * (round.all.cpu_s - round.all.making_s), round.operations); });
  json["server_cpu_us"] =
      median_of([](const Round& round) { return rate(1e6 * round.server_cpu_s, round.operations); });
  json["fairness"] = median_of([](const Round& round) { return round.fairness; });
  json["missed"] = total_.missed;
  json["wrong"] = total_.wrong;
  json["revoked"] = total_.revoked;
  json["failed"] = total_.failed;
  if (!total_.failure.empty()) json["failure"] = total_.failure;
  return json;
}

Json ContestantRounds::over(const ContestantRounds& theirs) const {
  assert(rounds_.size() == theirs.rounds_.size());
  const auto ratio = [&](const std::function<double(const Round&)>& figure) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < rounds_.size(); ++i)
      ratios.push_back(rate(figure(rounds_[i]), figure(theirs.rounds_[i])));
    return median(std::move(ratios));
  };
  return {{"p50", ratio([](const Round& round) { return round.all.lookup_times.percentile_us(0.5); })},
          {"p99", ratio([](const Round& round) { return round.all.lookup_times.percentile_us(0.99); })},
          {"lookups_per_s", ratio([](const Round& round) { return lookup_rate(round.all); })}};
}

}  // namespace memo
