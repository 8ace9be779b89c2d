// The job of memo-serve: loads the models, opens the store, and serves until it is told to end.
#pragma once

#include <string>

#include "memo/status.h"
#include "tools/memo-serve/serve_config.h"

namespace memo {

// cache_folder: where a pool is made when the settings name none; empty: nowhere.
// Requires: configure_process_for_inference() and emulate_persistent_memory() ran.
// Errors: of the models, the policies, the store, the address; the message names the file or setting.
Status run_serve_job(const ServeConfig& config, const std::string& cache_folder);

}  // namespace memo
