// The one look at the test texts, when the choice has been made.
#pragma once

#include <vector>

#include "tools/memo-profile/candidate_trial.h"
#include "tools/memo-profile/profile_result.h"

namespace memo {

// Quality and time of the chosen policy. Errors: as MemoizedModel::load.
Result<TestResult> test_policy(const TrialGround& ground, const Trial& chosen, const Advance& advance);

// Quality of every policy that was tried. Errors: as test_policy.
Status test_candidates(const TrialGround& ground, std::vector<Trial>& trials, const Advance& advance);

}  // namespace memo
