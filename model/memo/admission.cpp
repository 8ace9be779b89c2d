#include "model/memo/admission.h"

#include <algorithm>

namespace memo {
namespace {

// Fewer lookups than this say nothing.
constexpr double kLeastLookups = 64;
constexpr double kNewest = 0.1;  // weight of a batch in moving averages

void follow(double& average, double now) {
  average = average == 0 ? now : (1 - kNewest) * average + kNewest * now;
}

}  // namespace

std::vector<Admission::Verdict> Admission::judge(std::span<const Digest> texts) {
  std::vector<Verdict> verdicts;
  const std::lock_guard lock(mutex_);
  for (const Digest& text : texts) verdicts.push_back(judge(text));
  return verdicts;
}

Admission::Verdict Admission::judge(const Digest& text) {
  if (rules_.everything) return {};
  Verdict verdict;
  // 2^-64: where the hash lies among all, 0 .. 1.
  verdict.sampled = rules_.sampled && static_cast<double>(text.high) * 0x1p-64 < share_;
  bool seen = false;
  if (rules_.seen) {
    seen = doorkeeper_.seen(text);
    seen_.add(1, seen ? 1 : 0);
  }
  verdict.admitted = verdict.sampled || seen;
  if (++waited_ >= rules_.patience) adapt();
  return verdict;
}

void Admission::learn(const AdmissionReport& report) {
  const std::lock_guard lock(mutex_);
  if (report.sampled_lookups > 0) sampled_hits_.add(report.sampled_lookups, report.sampled_hits);
  if (report.published > 0) follow(publish_us_, report.publish_us / static_cast<double>(report.published));
  if (report.saved_us > 0) follow(saved_us_, report.saved_us);
}

// The doorkeeper sees all texts of this process, the sample texts of all processes: whoever sees more repeats is right.
double Admission::likely_rate() const {
  return std::max(seen_.rate(), sampled_hits_.trials() >= kLeastLookups ? sampled_hits_.rate() : 0);
}

double Admission::highest_rate() const {
  const double seen = rules_.seen ? seen_.highest() : 0;
  return std::max(seen, sampled_hits_.trials() >= kLeastLookups ? sampled_hits_.highest() : 0);
}

void Admission::adapt() {
  waited_ = 0;
  if (publish_us_ == 0 || saved_us_ == 0) return;
  const auto value = [&](double rate) { return rate * saved_us_; };
  const auto cost = [&](double rate) { return (1 - rate) * publish_us_; };
  const double likely = likely_rate();
  const double highest = highest_rate();
  if (value(likely) > rules_.margin * cost(likely))
    share_ = std::min(1.0, 2 * share_);
  else if (value(highest) < cost(highest))
    share_ = std::max(rules_.least_share, share_ / 2);
}

void Admission::use(AdmissionRules rules) {
  const std::lock_guard lock(mutex_);
  rules_ = rules;
}

double Admission::share() const {
  const std::lock_guard lock(mutex_);
  return rules_.everything ? 1 : rules_.sampled ? share_ : 0;
}

double Admission::repeat_rate() const {
  const std::lock_guard lock(mutex_);
  return likely_rate();
}

}  // namespace memo
