#include "tools/memo-bench/store/workload/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

namespace memo {
namespace {

constexpr unsigned kBits = 7;  // bits of a time that are kept below its highest one
constexpr std::uint64_t kSteps = 1u << kBits;

}  // namespace

std::size_t LatencyHistogram::bucket_of(std::uint64_t nanoseconds) {
  if (nanoseconds < kSteps) return nanoseconds;
  const unsigned shift = static_cast<unsigned>(std::bit_width(nanoseconds)) - 1 - kBits;
  return std::min<std::size_t>(kBuckets - 1, (shift + 1) * kSteps + (nanoseconds >> shift) - kSteps);
}

double LatencyHistogram::middle_of(std::size_t bucket) {
  if (bucket < kSteps) return static_cast<double>(bucket);
  const std::uint64_t shift = bucket / kSteps - 1;
  const std::uint64_t low = (bucket % kSteps + kSteps) << shift;
  return static_cast<double>(low) + static_cast<double>((std::uint64_t{1} << shift) - 1) / 2;
}

void LatencyHistogram::add(std::uint64_t nanoseconds) {
  ++counts_[bucket_of(nanoseconds)];
  ++count_;
  max_ = std::max(max_, nanoseconds);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) counts_[bucket] += other.counts_[bucket];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

double LatencyHistogram::percentile_us(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    passed += counts_[bucket];
    if (counts_[bucket] > 0 && passed >= rank) return std::min(middle_of(bucket), static_cast<double>(max_)) / 1e3;
  }
  return 0;
}

nlohmann::ordered_json LatencyHistogram::summary() const {
  return {{"count", count_},
          {"p50", percentile_us(0.5)},
          {"p90", percentile_us(0.9)},
          {"p99", percentile_us(0.99)},
          {"p999", percentile_us(0.999)},
          {"max", max_us()}};
}

nlohmann::ordered_json LatencyHistogram::to_json() const {
  auto buckets = nlohmann::ordered_json::array();
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket)
    if (counts_[bucket] > 0) buckets.push_back({bucket, counts_[bucket]});
  return {{"max", max_}, {"buckets", std::move(buckets)}};
}

LatencyHistogram LatencyHistogram::from_json(const nlohmann::ordered_json& json) {
  LatencyHistogram histogram;
  for (const auto& entry : json.at("buckets")) {
    const auto count = entry.at(1).get<std::uint64_t>();
    histogram.counts_.at(entry.at(0).get<std::size_t>()) += count;
    histogram.count_ += count;
  }
  histogram.max_ = json.at("max").get<std::uint64_t>();
  return histogram;
}

}  // namespace memo
