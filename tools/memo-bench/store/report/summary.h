// ContestantRounds: one contestant's rounds, and their summary.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "tools/memo-bench/store/workload/round.h"

namespace memo {

// Figures are medians over rounds: a disturbance of one round does not show.
class ContestantRounds {
 public:
  // By client. server_cpu_s: of the contestant's server, in the round.
  // Requires: there is at least one client.
  void add(const std::vector<RoundFigures>& clients, double server_cpu_s);

  nlohmann::ordered_json summary() const;
  // Of each round's figure, ours over theirs. Requires: as many rounds on both sides, taken in turn.
  nlohmann::ordered_json over(const ContestantRounds& theirs) const;

  // Of all rounds.
  const RoundFigures& total() const { return total_; }

 private:
  struct Round {
    RoundFigures all;  // clients merged
    double operations = 0;
    double fairness = 1;  // the fastest client's operations a second over the slowest's
    double server_cpu_s = 0;
  };
  double median_of(const std::function<double(const Round&)>& figure) const;
  nlohmann::ordered_json times(LatencyHistogram RoundFigures::*times) const;
  nlohmann::ordered_json publishes() const;

  std::vector<Round> rounds_;
  RoundFigures total_;
};

}  // namespace memo
