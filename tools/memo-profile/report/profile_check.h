// Whether a profile's parts fit together, before anything is drawn from it.
#pragma once

#include "memo/status.h"
#include "tools/memo-profile/profile_result.h"

namespace memo {

// Errors: invalid_argument, naming the entry: a layer or head that the model has not, a candidate that does not say what
// each layer does, two chosen ones, a picture whose numbers are too many or too few.
Status check_profile(const ProfileResult& result);

// The chosen candidate; null: none, everything computes.
const Candidate* chosen_candidate(const ProfileResult& result);

}  // namespace memo
