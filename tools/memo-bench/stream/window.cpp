#include "tools/memo-bench/stream/window.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "model/tuning/result/statistics.h"

namespace memo {

void StreamWindow::add_times(double plain, double memoized) {
  plain_s += plain;
  memoized_s += memoized;
  saved_s.push_back(plain - memoized);
}

void StreamWindow::add_texts(const at::Tensor& plain, const at::Tensor& memoized) {
  const at::Tensor cosines = at::cosine_similarity(plain, memoized, 1);
  texts += static_cast<std::uint64_t>(cosines.numel());
  cosine_sum += cosines.sum().item<double>();
  least_cosine = std::min(least_cosine, cosines.min().item<double>());
}

void StreamWindow::add(const StreamWindow& other) {
  texts += other.texts;
  repeats += other.repeats;
  plain_s += other.plain_s;
  memoized_s += other.memoized_s;
  saved_s.insert(saved_s.end(), other.saved_s.begin(), other.saved_s.end());
  parts += other.parts;
  cosine_sum += other.cosine_sum;
  least_cosine = std::min(least_cosine, other.least_cosine);
  counters += other.counters;
}

double StreamWindow::per_map(std::uint64_t count) const {
  const std::uint64_t maps = counters.exact_hits + counters.similar_hits + counters.computed;
  return maps > 0 ? static_cast<double>(count) / static_cast<double>(maps) : 0;
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

nlohmann::ordered_json StreamWindow::json() const {
  const Interval interval = saved_interval();
  return {{"texts", texts},
          {"repeat_rate", texts > 0 ? static_cast<double>(repeats) / static_cast<double>(texts) : 0},
          {"saved", saved()},
          {"saved_low", interval.low},
          {"saved_high", interval.high},
          {"plain_us", us_a_text(plain_s)},
          {"memoized_us", us_a_text(memoized_s)},
          {"parts_us",
           {{"features", us_a_text(parts.embed)},
            {"search", us_a_text(parts.search)},
            {"publish", us_a_text(parts.publish)}}},
          {"hit_rate", hit_rate()},
          {"exact_hits", counters.exact_hits},
          {"similar_hits", counters.similar_hits},
          {"published_share", published_share()},
          {"gated", counters.gated},
          {"probes", counters.probes},
          {"over_deadline", counters.over_deadline},
          {"errors", counters.errors},
          {"cosine", {{"mean", mean_cosine()}, {"least", least_cosine}}}};
}

}  // namespace memo
