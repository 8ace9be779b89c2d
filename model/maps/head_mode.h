// How the attention of a head is obtained.
#pragma once

#include <cstdint>
#include <string_view>

namespace memo {

enum class HeadMode : std::uint8_t { compute, lookup, fixed };
std::string_view to_string(HeadMode mode);

}  // namespace memo
