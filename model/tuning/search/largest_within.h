// Finds the largest number within a limit, with few tries, where each try is costly.
#pragma once

#include <cstddef>
#include <functional>

#include "memo/status.h"

namespace memo {

// The largest number of 0 .. most for which `within` holds, up to a difference of `step`. It is assumed to hold
// for 0, and for all numbers below one for which it holds. The first try is `likely`. Others go down from it, or
// up, in steps that double, until the limit lies between two tries, and then halve. Requires: 0 < step, 0 < most.
// Errors: of within.
Result<std::size_t> largest_within(std::size_t most, std::size_t step, std::size_t likely,
                                   const std::function<Result<bool>(std::size_t)>& within);

}  // namespace memo
