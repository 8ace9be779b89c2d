#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/memo-bench/paper/experiments/cost_experiment.h"

namespace memo {

nlohmann::ordered_json cost_figures(const RunnerTimes& times, std::size_t texts, double values_s,
                                    double hit_share) {
  const auto each = [&](double seconds) { return 1e6 * seconds / static_cast<double>(texts); };
  // The time of reading is part value projection, part maps; the projection is measured by itself.
  const double values = std::min(values_s * hit_share * static_cast<double>(texts), times.parts.read);
  return {{"total_us", each(times.total)},
          {"tokenize_us", each(times.tokenize)},
          {"features_us", each(times.parts.embed)},
          {"search_us", each(times.parts.search)},
          {"attention_us", each(times.parts.compute)},
          {"values_us", each(values)},
          {"maps_us", each(times.parts.read - values)},
          {"publish_us", each(times.parts.publish)},
          {"rest_us", each(times.total - times.tokenize - times.parts.sum())},
          {"hit_share", hit_share}};
}

}  // namespace memo
