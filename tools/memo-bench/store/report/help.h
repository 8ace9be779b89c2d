// What memo-bench store --help says of workload files and of the JSON.
#pragma once

namespace memo {

extern const char* const kStoreBenchHelp;

}  // namespace memo
