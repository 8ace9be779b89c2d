#include "tools/memo-bench/stream/window.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>

#include "model/tuning/result/statistics.h"

namespace memo {
namespace {

// If a vector is 0: 1 when both are, else 0.
double cosine_of(std::span<const float> left, std::span<const float> right) {
  double dot = 0, left_square = 0, right_square = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    dot += static_cast<double>(left[i]) * right[i];
    left_square += static_cast<double>(left[i]) * left[i];
    right_square += static_cast<double>(right[i]) * right[i];
  }
  const double norm = std::sqrt(left_square * right_square);
  return norm > 0 ? dot / norm : left_square == right_square ? 1 : 0;
}

}  // namespace

StreamCounts& StreamCounts::operator+=(const StreamCounts& other) {
  maps += other.maps;
  map_s += other.map_s;
  outputs += other.outputs;
  output_s += other.output_s;
  return *this;
}

StreamCounts& StreamCounts::operator-=(const StreamCounts& before) {
  maps -= before.maps;
  map_s -= before.map_s;
  outputs -= before.outputs;
  output_s -= before.output_s;
  return *this;
}

void StreamWindow::add_times(double plain, double memoized) {
  plain_s += plain;
  memoized_s += memoized;
  saved_s.push_back(plain - memoized);
}

void StreamWindow::add_texts(const Tensor& plain, const Tensor& memoized) {
  for (std::int64_t i = 0; i < plain.size(0); ++i) {
    const std::span<const float> expected = plain.row(i), found = memoized.row(i);
    const double cosine = cosine_of(expected, found);
    ++texts;
    cosine_sum += cosine;
    least_cosine = std::min(least_cosine, cosine);
    different += std::memcmp(expected.data(), found.data(), expected.size_bytes()) == 0 ? 0 : 1;
  }
}

void StreamWindow::add(const StreamWindow& other) {
  texts += other.texts;
  repeats += other.repeats;
  plain_s += other.plain_s;
  memoized_s += other.memoized_s;
  saved_s.insert(saved_s.end(), other.saved_s.begin(), other.saved_s.end());
  counts += other.counts;
  cosine_sum += other.cosine_sum;
  least_cosine = std::min(least_cosine, other.least_cosine);
  different += other.different;
}

Interval StreamWindow::saved_interval() const {
  if (!(plain_s > 0)) return {};
  const Interval of_batch = mean_interval(saved_s);
  const double plain_of_batch = plain_s / static_cast<double>(saved_s.size());
  return {of_batch.mean / plain_of_batch, of_batch.low / plain_of_batch, of_batch.high / plain_of_batch};
}

double StreamWindow::us_a_text(double seconds) const {
  return texts > 0 ? 1e6 * seconds / static_cast<double>(texts) : 0;
}

nlohmann::ordered_json StreamWindow::parts_json() const {
  return {{"ask", us_a_text(counts.output_s.ask)},
          {"keep", us_a_text(counts.output_s.publish)},
          {"features", us_a_text(counts.map_s.embed)},
          {"search", us_a_text(counts.map_s.search)},
          {"publish", us_a_text(counts.map_s.publish)}};
}

nlohmann::ordered_json StreamWindow::outputs_json() const {
  const OutputCounters& outputs = counts.outputs;
  return {{"found", outputs_found()},       {"lookups", outputs.lookups},
          {"hits", outputs.hits},           {"repeated", outputs.repeated},
          {"computed", outputs.computed},   {"published", outputs.published},
          {"gated", outputs.gated},         {"probes", outputs.probes},
          {"late", outputs.late},           {"not_admitted", outputs.not_admitted},
          {"not_exact", outputs.not_exact}, {"errors", outputs.errors}};
}

nlohmann::ordered_json StreamWindow::maps_json() const {
  const LayerCounters& maps = counts.maps;
  return {{"found", maps_found()},
          {"published", maps_published()},
          {"exact_hits", maps.exact_hits},
          {"similar_hits", maps.similar_hits},
          {"gated", maps.gated},
          {"probes", maps.probes},
          {"over_deadline", maps.over_deadline},
          {"errors", maps.errors}};
}

nlohmann::ordered_json StreamWindow::json() const {
  const Interval interval = saved_interval();
  return {{"texts", texts},
          {"repeat_rate", share(repeats, texts)},
          {"saved", saved()},
          {"saved_low", interval.low},
          {"saved_high", interval.high},
          {"plain_us", us_a_text(plain_s)},
          {"memoized_us", us_a_text(memoized_s)},
          {"parts_us", parts_json()},
          {"outputs", outputs_json()},
          {"maps", maps_json()},
          {"cosine", {{"mean", mean_cosine()}, {"least", least_cosine}}},
          {"different", different}};
}

}  // namespace memo
