#include "model/memo/selection/admission.h"

#include <algorithm>

namespace memo {
namespace {

// Fewer lookups than this say nothing.
constexpr double kMinLookups = 64;
constexpr double kNewest = 0.1;  // weight of a batch in moving averages

void follow(double& average, double now) {
  average = average == 0 ? now : (1 - kNewest) * average + kNewest * now;
}

}  // namespace

Admission::Admission(AdmissionRules rules) : rules_(rules), of_all_(rules.of_all), of_seen_(rules.of_seen) {}

std::vector<Admission::Verdict> Admission::judge(std::span<const Digest> texts) {
  std::vector<Verdict> verdicts;
  const std::lock_guard lock(mutex_);
  for (const Digest& text : texts) verdicts.push_back(judge(text));
  return verdicts;
}

Admission::Verdict Admission::judge(const Digest& text) {
  if (rules_.everything) return {};
  Verdict verdict;
  verdict.sampled = rules_.sampled && of_all_.holds(text);
  verdict.watched = rules_.sampled && of_all_.always_holds(text);
  const bool admitted_as_seen = rules_.seen && admits_as_seen(text);
  verdict.admitted = verdict.sampled || admitted_as_seen;
  of_all_.follow(rate_of_all(), value_);
  return verdict;
}

bool Admission::admits_as_seen(const Digest& text) {
  const bool seen = came_.seen(text);
  repeats_.add(1, seen ? 1 : 0);
  if (!seen) return false;
  repeats_of_seen_.add(1, came_again_.seen(text) ? 1 : 0);
  const bool admitted = of_seen_.holds(text);
  of_seen_.follow({repeats_of_seen_.rate(), repeats_of_seen_.highest()}, value_);
  return admitted;
}

void Admission::learn(const AdmissionReport& report) {
  const std::lock_guard lock(mutex_);
  if (report.sampled_lookups > 0) repeats_in_the_sample_.add(report.sampled_lookups, report.sampled_hits);
  if (report.published > 0) follow(value_.cost_us, report.publish_us / static_cast<double>(report.published));
  if (report.saved_us > 0) follow(value_.saved_us, report.saved_us);
}

// The doorkeeper sees all texts, but only those of this process; the sample sees repeats of all processes, but only
// of sampled texts. Either may miss repeats, so the higher rate counts.
RepeatRate Admission::rate_of_all() const {
  RepeatRate rate{0, 0};
  if (rules_.seen) rate = {repeats_.rate(), repeats_.highest()};
  if (repeats_in_the_sample_.trials() < kMinLookups) return rate;
  return {std::max(rate.likely, repeats_in_the_sample_.rate()),
          std::max(rate.highest, repeats_in_the_sample_.highest())};
}

void Admission::use(AdmissionRules rules) {
  const std::lock_guard lock(mutex_);
  rules_ = rules;
  of_all_ = AdmissionShare(rules.of_all);
  of_seen_ = AdmissionShare(rules.of_seen);
}

double Admission::share() const {
  const std::lock_guard lock(mutex_);
  return rules_.everything ? 1 : rules_.sampled ? of_all_.share() : 0;
}

double Admission::share_of_seen() const {
  const std::lock_guard lock(mutex_);
  return rules_.everything ? 1 : rules_.seen ? of_seen_.share() : 0;
}

double Admission::repeat_rate() const {
  const std::lock_guard lock(mutex_);
  return rate_of_all().likely;
}

}  // namespace memo
