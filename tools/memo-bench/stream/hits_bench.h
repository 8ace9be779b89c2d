// What a whole result that is found costs, from text to vector, beside computing it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "memo/status.h"

namespace memo {

struct HitsBench {
  std::string model;
  std::string input;
  std::uint32_t length = 128;
  std::string dtype = "f32";
  std::uint32_t texts = 100;  // that have so many tokens, or are cut to them
  std::uint32_t rounds = 20;  // each computes every text once and finds it five times
  std::uint32_t threads = 2;
  std::string pool_size = "256MiB";
  std::string folder = "/dev/shm";

  // Errors: invalid_argument.
  Status validate() const;
};

// Texts go one by one through a memod of its own. -> {texts, length, dtype, threads, computed_us and found_us {count,
// p50, p99, max}, ratio (of the medians), tail (p99 over p50 of those found), parts_us {tokenize, ask}: means of a text
// that is found, different: texts whose results have other bits}.
// Errors: as run_stream_bench; invalid_argument (too few texts are so long).
Result<nlohmann::ordered_json> run_hits_bench(const HitsBench& options);

}  // namespace memo
