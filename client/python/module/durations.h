// Python's timeouts: seconds as a float.
#pragma once

#include <algorithm>
#include <chrono>

#include "client/python/module/errors.h"

namespace memo::python {

// Cut to a day, which is as good as for ever. Errors: StatusError (negative, or no number).
template <typename Duration>
Duration duration_of(double seconds) {
  constexpr double kLongest = 86'400;
  if (!(seconds >= 0))
    throw StatusError({StatusCode::invalid_argument, "a timeout is a number of seconds, 0 or more"});
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(seconds, kLongest)));
}

}  // namespace memo::python
