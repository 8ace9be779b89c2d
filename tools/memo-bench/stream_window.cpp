#include "tools/memo-bench/stream_window.h"

#include <ATen/ATen.h>

namespace memo {

// Shapes: both [texts, hidden], rows of length 1.
void StreamWindow::add_texts(const at::Tensor& plain, const at::Tensor& memoized) {
  const at::Tensor cosines = (plain * memoized).sum(1);
  texts += static_cast<std::uint64_t>(cosines.numel());
  cosine_sum += cosines.sum().item<double>();
  least_cosine = std::min(least_cosine, cosines.min().item<double>());
}

void StreamWindow::add(const StreamWindow& other) {
  texts += other.texts;
  repeats += other.repeats;
  plain_s += other.plain_s;
  memoized_s += other.memoized_s;
  cosine_sum += other.cosine_sum;
  least_cosine = std::min(least_cosine, other.least_cosine);
  counters += other.counters;
}

double StreamWindow::per_map(std::uint64_t count) const {
  const std::uint64_t maps = counters.exact_hits + counters.similar_hits + counters.computed;
  return maps > 0 ? static_cast<double>(count) / static_cast<double>(maps) : 0;
}

nlohmann::ordered_json StreamWindow::json() const {
  return {{"texts", texts},
          {"repeat_rate", texts > 0 ? static_cast<double>(repeats) / static_cast<double>(texts) : 0},
          {"saved", saved()},
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
