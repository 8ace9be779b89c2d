// What memo-profile leaves in its output folder for memo-infer.
#pragma once

#include <string>

#include "model/tuning/search/candidate_trial.h"

namespace memo {

// Makes the folder where it is not there. Errors: internal (also where no file can be made in it), with the
// system's reason.
Status make_output_folder(const std::string& path);

// policy.toml, and what the policy needs. chosen: null for a policy that computes everything. Errors: internal.
Status write_profile_files(const TrialGround& ground, const Trial* chosen);

// What to run next: memo-infer with what was written.
std::string command_for(const ProfileOptions& options, bool pays, bool head);

// "AMD EPYC 9B14, 2 cores"
std::string describe_machine();

}  // namespace memo
