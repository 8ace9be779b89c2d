// What one core can do with memory that is mapped like a pool: the limits that a publish is measured against.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "memo/status.h"

namespace memo {

// Gigabytes (10^9) a second of CPU time over payloads of this size from `sources` places in turn. Best of three.
// Errors: internal (no memory file in `folder`).
Result<nlohmann::ordered_json> measure_memory_limits(const std::string& folder, std::uint64_t payload_bytes,
                                                     std::uint32_t sources);

// What a read-only mapping of this file takes to be mapped in: {seconds, huge_share, page_table_bytes}.
Result<nlohmann::ordered_json> measure_client_mapping(const std::string& path);

}  // namespace memo
