// The system's counters for this process.
#pragma once

#include <cstdint>

namespace memo {

struct ProcessUsage {
  double cpu_s = 0;  // user and system
  std::uint64_t minor_faults = 0;

  static ProcessUsage now();
};

}  // namespace memo
