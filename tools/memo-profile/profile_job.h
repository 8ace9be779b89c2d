// The job of memo-profile: measure, choose, check, write.
#pragma once

#include "memo/status.h"
#include "model/tuning/result/profile_result.h"
#include "tools/memo-profile/options.h"

namespace memo {

// Requires: validate(options) is ok; configure_process_for_inference() and emulate_persistent_memory() ran.
// Errors: of the model, the texts, the folders; the message names the file.
Result<ProfileResult> run_profile_job(const ProfileOptions& options);

}  // namespace memo
