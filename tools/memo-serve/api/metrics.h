// ServerMetrics: what the server counts of its requests, for Prometheus.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace memo {

// Durations by upper bounds, as Prometheus' histograms are. Units: seconds
class DurationHistogram {
 public:
  void add(double seconds);
  // Lines of NAME_bucket, NAME_sum and NAME_count. labels: "route=\"/embed\"", or empty.
  std::string text(const std::string& name, const std::string& labels) const;
  // Within the resolution of the bounds; 0 without any.
  double quantile(double share) const;
  std::uint64_t count() const { return count_; }
  double sum() const { return sum_s_; }

 private:
  static constexpr std::array<double, 20> kBounds_s = {5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2,
                                                       0.1,  0.2,  0.5,  1,    2,    5,    10,   20,   50,   100};
  std::array<std::uint64_t, kBounds_s.size() + 1> counts_{};
  std::uint64_t count_ = 0;
  double sum_s_ = 0;
};

// Where a request's time went. Units: seconds
struct RequestTimes {
  double total = 0;
  double tokenize = 0;
  double queue = 0;
  double inference = 0;
};

// Threads: any.
class ServerMetrics {
 public:
  // route: one of the server's own; model: empty where none was asked. memo: "output", "map" or "none".
  void add(const std::string& route, unsigned status, const std::string& memo, const RequestTimes& times);
  // In Prometheus' text format.
  std::string text() const;
  // Of requests that a model answered.
  DurationHistogram durations(const std::string& memo) const;

 private:
  mutable std::mutex mutex_;
  // Under mutex_.
  std::map<std::pair<std::string, unsigned>, std::uint64_t> requests_;  // by route and status
  std::map<std::string, DurationHistogram> durations_;                  // by memo
  DurationHistogram tokenize_, queue_, inference_;
};

}  // namespace memo
