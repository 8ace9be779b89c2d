#include "tools/memo-serve/api/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace memo {

void DurationHistogram::add(double seconds) {
  const auto bound = std::ranges::lower_bound(kBounds_s, seconds);
  ++counts_[static_cast<std::size_t>(bound - kBounds_s.begin())];
  ++count_;
  sum_s_ += seconds;
}

std::string DurationHistogram::text(const std::string& name, const std::string& labels) const {
  std::string text;
  const std::string before = labels.empty() ? "" : labels + ",";
  const std::string alone = labels.empty() ? "" : "{" + labels + "}";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBounds_s.size(); ++i) {
    below += counts_[i];
    fmt::format_to(std::back_inserter(text), "{}_bucket{{{}le=\"{}\"}} {}\n", name, before, kBounds_s[i], below);
  }
  fmt::format_to(std::back_inserter(text), "{0}_bucket{{{1}le=\"+Inf\"}} {2}\n{0}_sum{3} {4}\n{0}_count{3} {2}\n",
                 name, before, count_, alone, sum_s_);
  return text;
}

double DurationHistogram::quantile(double share) const {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBounds_s.size(); ++i) {
    below += counts_[i];
    if (count_ > 0 && static_cast<double>(below) >= share * static_cast<double>(count_)) return kBounds_s[i];
  }
  return count_ > 0 ? kBounds_s.back() : 0;
}

void ServerMetrics::add(const std::string& route, unsigned status, const std::string& memo,
                        const RequestTimes& times) {
  const std::lock_guard lock(mutex_);
  ++requests_[{route, status}];
  if (memo.empty()) return;
  durations_[memo].add(times.total);
  tokenize_.add(times.tokenize);
  queue_.add(times.queue);
  inference_.add(times.inference);
}

std::string ServerMetrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string text =
      "# HELP memo_serve_requests_total Requests by route and status.\n# TYPE memo_serve_requests_total counter\n";
  for (const auto& [key, count] : requests_)
    fmt::format_to(std::back_inserter(text), "memo_serve_requests_total{{route=\"{}\",status=\"{}\"}} {}\n",
                   key.first, key.second, count);
  text +=
      "# HELP memo_serve_request_seconds Time of requests that a model answered, by what they read: whole "
      "results, maps, or none.\n"
      "# TYPE memo_serve_request_seconds histogram\n";
  for (const auto& [memo, histogram] : durations_)
    text += histogram.text("memo_serve_request_seconds", fmt::format("memo=\"{}\"", memo));
  for (const auto& [name, histogram] :
       {std::pair("tokenize", &tokenize_), {"queue", &queue_}, {"inference", &inference_}})
    text += fmt::format("# TYPE memo_serve_{0}_seconds histogram\n", name) +
            histogram->text(fmt::format("memo_serve_{}_seconds", name), "");
  return text;
}

DurationHistogram ServerMetrics::durations(const std::string& memo) const {
  const std::lock_guard lock(mutex_);
  const auto found = durations_.find(memo);
  return found == durations_.end() ? DurationHistogram() : found->second;
}

}  // namespace memo
