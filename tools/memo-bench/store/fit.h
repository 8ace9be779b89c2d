// Makes workloads fit into the machine's memory, and into the minute of --quick.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memo/status.h"
#include "tools/memo-bench/store/workload/workload.h"

namespace memo {

// Leaves out sizes that need more than `room` bytes with this many peers, or takes the largest that fits where
// none does. Says in `notes` what it did. Errors: full, when not even 100 memos fit.
Status fit_to_room(WorkloadFile& file, std::size_t peers, std::uint64_t room, std::vector<std::string>& notes);

// At most 10,000 memos, 256 MiB of payloads and two clients more than one, and short rounds.
void make_quick(WorkloadFile& file);

}  // namespace memo
