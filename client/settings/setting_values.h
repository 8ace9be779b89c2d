// The forms of settings: sizes, durations, shares, switches.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "memo/status.h"

namespace memo {

// "4GiB", "512MiB", "64KiB", "1TiB", or bytes without a suffix.
// Errors, here and below: invalid_argument, saying what is expected.
Result<std::uint64_t> parse_size(std::string_view text);

// "250ms", "30s", "5min", "2h", or seconds without a suffix.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// "0.95" or "95%": 0 to 1.
Result<double> parse_share(std::string_view text);

// "4": a whole number from 1 on.
Result<std::uint32_t> parse_count(std::string_view text);

// "on" or "true", "off" or "false".
Result<bool> parse_switch(std::string_view text);

}  // namespace memo
