// What the store is to reach, beside what was measured.
#pragma once

#include <nlohmann/json.hpp>
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

// Those of which there is a figure among the cases.
std::vector<Goal> goals_of(const nlohmann::ordered_json& cases);
std::string markdown_goals(const nlohmann::ordered_json& cases);

}  // namespace memo
