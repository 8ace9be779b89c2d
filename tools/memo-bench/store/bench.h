// memo-bench store: a daemon, and its peers, under workloads from files.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

struct StoreBench {
  std::vector<std::string> workloads;  // names of shipped ones, or files; none: all that are shipped
  std::vector<std::string> peers;
  bool quick = false;                    // smaller stores, shorter rounds
  std::uint32_t rounds = 5;              // of each contestant, after one that warms up
  std::string folder = "/dev/shm";       // for pools and databases, deleted afterwards
  std::string plot;                      // a folder for pictures; empty: none
  std::string suite;                     // a folder for what docs/measurements/store.md shows; empty: none
  std::string json;                      // a file for the figures; empty: stdout
  std::chrono::milliseconds idle{3000};  // how long an idle daemon is watched

  // Errors: invalid_argument.
  Status validate() const;
};

// What it does, and a table, go to stderr. The JSON is documented in store_help.cpp: --help prints it.
// Errors: not_found and invalid_argument for workloads; unavailable when a server ends, or a signal ended it all.
Result<nlohmann::ordered_json> run_store_bench(const StoreBench& options);

}  // namespace memo
