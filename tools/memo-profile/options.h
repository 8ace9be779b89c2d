// The options of memo-profile.
#pragma once

#include "memo/status.h"
#include "model/tuning/result/profile_options.h"

namespace CLI {
class App;
}

namespace memo {

// Lifetime: options outlive the app.
void add_profile_options(CLI::App& app, ProfileOptions& options);
// Errors: invalid_argument.
Status validate(const ProfileOptions& options);

}  // namespace memo
