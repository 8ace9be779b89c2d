// LatencyHistogram: how often an operation took how long, in bounded memory and to within 1 %.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>

namespace memo {

// A bucket for each nanosecond below 128, then 128 for each power of two, up to 18 minutes.
// Units: nanoseconds in, microseconds out.
class LatencyHistogram {
 public:
  void add(std::uint64_t nanoseconds);
  void merge(const LatencyHistogram& other);

  std::uint64_t count() const { return count_; }
  // The least time that `share` of all operations did not exceed, 0 < share <= 1; 0 when there is none.
  double percentile_us(double share) const;
  double max_us() const { return static_cast<double>(max_) / 1e3; }
  // {count, p50, p90, p99, p999, max}
  nlohmann::ordered_json summary() const;

  // All of it, to be sent to another process. from_json throws nlohmann::json::exception or std::out_of_range.
  nlohmann::ordered_json to_json() const;
  static LatencyHistogram from_json(const nlohmann::ordered_json& json);

 private:
  static constexpr std::size_t kBuckets = 34 * 128;
  static std::size_t bucket_of(std::uint64_t nanoseconds);
  static double middle_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace memo
