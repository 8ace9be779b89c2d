// The cases of memo-bench store as pictures.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

// A picture for each workload that was measured at several sizes, or with several numbers of clients: p50 and p99
// of its lookups, of memod and its peers. Returns the files' names in `folder`, which is made where it is missing.
// Errors: as OutputFile.
Result<std::vector<std::string>> write_store_plots(const nlohmann::ordered_json& cases, const std::string& folder);

}  // namespace memo
