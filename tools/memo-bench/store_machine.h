// The machine that figures were measured on, and the memory it has to spare.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace memo {

// {cpu, cores, caches: {L1d, ...}, memory_bytes, kernel, load}: as Linux tells it; what it does not tell is absent.
nlohmann::ordered_json machine_json();
// The same in one line.
std::string describe_machine(const nlohmann::ordered_json& machine);

// What files in `folder` may take, bytes: the room of its file system, and of this machine's memory where that is
// memory.
std::uint64_t room_in(const std::string& folder);

}  // namespace memo
