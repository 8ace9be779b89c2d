// Holds other engines' processes to this one's instruction set.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace memo {

enum class PeerHold : std::uint8_t {
  none_needed,  // this process uses all that the CPU has
  held,
  impossible,  // this CPU or kernel cannot make CPUID fault
};

// "none needed", "held" or "impossible".
std::string_view to_string(PeerHold hold);

// What becomes of a process that is started with holding_variables().
PeerHold peer_hold();

// Variables ("NAME=value") that make such a process believe that its CPU has no more instructions than this one uses
// (../cpuid); none where peer_hold() is not `held`. A LD_PRELOAD of ours stays in it.
std::vector<std::string> holding_variables();

}  // namespace memo
