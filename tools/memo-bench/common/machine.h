// The machine that figures were measured on, and the memory it has to spare.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace memo {

// {cpu, cores, caches: {L1d, ...}, memory_bytes, kernel, load}: as Linux reports them; what it does not report is
// absent.
nlohmann::ordered_json machine_json();
// The same in one line.
std::string describe_machine(const nlohmann::ordered_json& machine);

// How many bytes files in `folder` may take: the room of its file system, and of this machine's memory where the
// file system is in memory.
std::uint64_t room_in(const std::string& folder);

}  // namespace memo
