// The only use of the test texts, after the choice has been made.
#pragma once

#include <vector>

#include "model/tuning/result/profile_result.h"
#include "model/tuning/search/candidate_trial.h"

namespace memo {

// Quality and time of the chosen policy. Errors: as TextModel::memoized.
Result<TestResult> test_policy(const TrialGround& ground, const Trial& chosen, const Advance& advance);

// Quality of every policy that was tried. Errors: as test_policy.
Status test_candidates(const TrialGround& ground, std::vector<Trial>& trials, const Advance& advance);

}  // namespace memo
