// Wall-clock time as pools store it.
#pragma once

#include <chrono>
#include <cstdint>

namespace memo {

inline std::int64_t now_unix_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace memo
