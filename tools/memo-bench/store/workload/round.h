// RoundFigures: what a client, or all of them, did in one round.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/memo-bench/store/workload/histogram.h"

namespace memo {

struct RoundFigures {
  std::uint64_t lookups = 0;
  std::uint64_t items = 0;  // looked up
  std::uint64_t hits = 0;
  std::uint64_t missed = 0;   // items that were stored and not found
  std::uint64_t wrong = 0;    // hits whose payload, or key, was not the one asked for
  std::uint64_t revoked = 0;  // lookups whose payloads may have changed while they were read, and which said so
  std::uint64_t failed = 0;   // lookups and publishes that ended with an error
  std::string failure;        // one of these errors
  std::uint64_t read_bytes = 0;
  std::uint64_t published = 0;  // and acknowledged
  std::uint64_t published_bytes = 0;
  std::uint64_t refused = 0;
  std::uint64_t draft_waits = 0;
  double wall_s = 0;               // from the round's begin to this client's end, its flush included
  double cpu_s = 0;                // of the client's process
  double making_s = 0;             // in which it made queries and features: part of both
  LatencyHistogram lookup_times;   // from the call to all payloads readable, or read
  LatencyHistogram publish_times;  // of the call, with the payload written into the draft

  // Another client's in the same round: times in parallel, so the longest counts.
  void merge(const RoundFigures& other);
  nlohmann::ordered_json to_json() const;
  // Throws as LatencyHistogram::from_json.
  static RoundFigures from_json(const nlohmann::ordered_json& json);
};

}  // namespace memo
