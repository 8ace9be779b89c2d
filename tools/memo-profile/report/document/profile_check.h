// Whether a profile's parts fit together, before anything is drawn from it.
#pragma once

#include "memo/status.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

// Errors: invalid_argument, naming the entry: a layer or head that the model does not have, a candidate that does
// not say what each layer does, two chosen candidates, a picture with too many or too few numbers.
Status check_profile(const ProfileResult& result);

// The chosen candidate; null: none, everything computes.
const Candidate* chosen_candidate(const ProfileResult& result);

}  // namespace memo
