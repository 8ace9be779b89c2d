// The job of memo-infer: load, warm up, run, report.
#pragma once

#include "memo/status.h"
#include "tools/memo-infer/options.h"

namespace memo {

// Requires: options.validate() is ok; configure_process_for_inference() and emulate_persistent_memory() ran.
// Errors: of the model, the policy, the store, the input, the output; the message names the file.
Status run_infer_job(const InferOptions& options);

}  // namespace memo
