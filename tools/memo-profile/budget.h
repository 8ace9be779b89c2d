// Which candidate a budget chooses.
#pragma once

#include <vector>

#include "tools/memo-profile/profile_result.h"

namespace memo {

// What has to be saved for memoization to be worth its files, as a share of plain time.
inline constexpr double kLeastSaved = 0.01;

// Whether a candidate keeps the budget on validation texts. Requires: candidate.lost where the budget is in points.
bool in_budget(const Candidate& candidate, const Budget& budget);

// The candidate within the budget that saves most, and at least kLeastSaved. -> null: nothing pays
const Candidate* best_within(const std::vector<Candidate>& candidates, const Budget& budget);

}  // namespace memo
