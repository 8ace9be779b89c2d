// The store's goals, beside the measured figures.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace memo {

struct Goal {
  std::string what;
  std::string bound;  // "at most 25 µs"
  double limit = 0;
  bool at_most = true;  // else at least
  std::string unit;
  double measured = 0;
  bool met() const { return at_most ? measured <= limit : measured >= limit; }
};

// The goals for which the cases have a figure.
std::vector<Goal> goals_of(const nlohmann::ordered_json& cases);
std::string markdown_goals(const nlohmann::ordered_json& cases);

}  // namespace memo
