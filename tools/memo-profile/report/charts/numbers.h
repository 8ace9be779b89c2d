// Numbers as the report writes them: what is not finite is a dash, a minus is a minus sign, no "-0".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/tuning/result/profile_result.h"

namespace memo {

std::string fixed_point(double value, int decimals);
// 0.213 -> "21.3 %"
std::string percent(double share);
// "0.42"
std::string points(double value);
// "0.987"
std::string similarity_text(double value);
// 1234 -> "1.23 ms"
std::string duration(double us);
// "20.1 to 22.4 %", "-0.20 to 0.80"
std::string percent_range(const Interval& interval);
std::string points_range(const Interval& interval);
// 1 -> "1 text", 2 -> "2 texts"
std::string counted(std::uint64_t count, std::string_view what);

}  // namespace memo
