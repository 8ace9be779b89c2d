// Times of something done many times, and features to do it with.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <random>
#include <vector>

namespace memo {

using BenchClock = std::chrono::steady_clock;

inline double seconds_since(BenchClock::time_point start) {
  return std::chrono::duration<double>(BenchClock::now() - start).count();
}

// Durations in microseconds.
class Samples {
 public:
  void add(BenchClock::time_point start) { values_.push_back(1e6 * seconds_since(start)); }
  std::size_t size() const { return values_.size(); }
  // {count, p50, p99, max}; zeros when there is none.
  nlohmann::ordered_json summary() const;

 private:
  std::vector<double> values_;
};

// The feature of memo `number`: a point near one of some thousand centres, as features of texts come in groups.
// Shapes: [dimension].
std::vector<float> bench_feature(std::uint64_t number, std::uint32_t dimension);
// The centre that it is near.
std::vector<float> bench_centre(std::uint64_t number, std::uint32_t dimension);
// A point near `feature`: each value moves by about `spread`.
std::vector<float> with_noise(std::vector<float> feature, float spread, std::mt19937_64& random);

}  // namespace memo
