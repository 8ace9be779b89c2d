// The largest number that keeps a limit, with few tries where each is costly.
#pragma once

#include <cstddef>
#include <functional>

#include "memo/status.h"

namespace memo {

// Of 0 .. most, the largest for which `within` holds, to within `step`; 0 is taken to hold, and what holds to hold for
// all that is less. The first try is `likely`. Others go down from it, or up, in steps that double, until the limit lies
// between two tries, and then halve. Requires: 0 < step, 0 < most. Errors: of within.
Result<std::size_t> largest_within(std::size_t most, std::size_t step, std::size_t likely,
                                   const std::function<Result<bool>(std::size_t)>& within);

}  // namespace memo
