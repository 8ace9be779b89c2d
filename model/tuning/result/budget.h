// Chooses a candidate within a budget.
#pragma once

#include <vector>

#include "model/tuning/result/profile_result.h"

namespace memo {

// The least saving for which memoization is worth its files, as a share of plain time.
inline constexpr double kMinSaved = 0.01;

// Whether a candidate keeps the budget on validation texts. Requires: candidate.lost where the budget is in
// points.
bool in_budget(const Candidate& candidate, const Budget& budget);

// The candidate within the budget that saves most, and at least kMinSaved. -> null: nothing pays
const Candidate* best_within(const std::vector<Candidate>& candidates, const Budget& budget);

}  // namespace memo
