// Load on an HTTP server at a rate that does not depend on its answers: requests are due at random times (Poisson), and
// a request that has to wait for a free connection waits as part of its latency, as its user would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

struct LoadPlan {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string path = "/embed";
  std::span<const std::string* const> bodies;  // one a request, in order
  double rate = 100;  // requests a second; 0: the next one as soon as a connection is free
  std::uint32_t connections = 64;
  std::uint32_t idle_connections = 0;  // that send nothing
  std::uint32_t slow_connections = 0;  // that send a byte of a header a second
  double max_latency_s = 10;           // the run ends when a request waits longer
  std::uint64_t seed = 1;
};

struct LoadFigures {
  std::vector<double> latencies_s;  // from when a request was due to its whole answer; of status 200 only
  std::uint64_t found = 0;          // answers with "x-memo: output"
  std::uint64_t refused = 0;        // with another status than 200
  std::uint64_t failed = 0;         // without an answer
  bool given_up = false;            // max_latency_s was exceeded
  double seconds = 0;

  // Shapes: 0 <= share <= 1. 0 without latencies.
  double quantile_s(double share) const;
  double rate() const { return seconds > 0 ? static_cast<double>(latencies_s.size()) / seconds : 0; }
};

// Errors: unavailable (nobody listens there).
Result<LoadFigures> run_load(const LoadPlan& plan);

}  // namespace memo
