// The machine that figures were measured on, and the memory it has to spare.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace memo {

// {cpu, instruction_set, unused_instructions, cores, caches: {L1d, ...}, memory_bytes, kernel, load}: as Linux reports
// them; what it does not report is absent. instruction_set: what this process uses.
nlohmann::ordered_json machine_json();
// The same in one line.
std::string describe_machine(const nlohmann::ordered_json& machine);

// The instructions for products that a CPU with these flags (of /proc/cpuinfo) has, and that no kernel of this engine
// uses: on such a machine figures may be bettered. In the order of the flags.
std::vector<std::string> unused_instructions(const std::string& flags);

// How many bytes files in `folder` may take: the room of its file system, and of this machine's memory where the
// file system is in memory.
std::uint64_t room_in(const std::string& folder);

}  // namespace memo
