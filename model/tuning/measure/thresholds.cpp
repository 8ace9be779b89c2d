#include "model/tuning/measure/thresholds.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace memo {
namespace {

constexpr double kShares[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1};
// Below this mean similarity, hits do not resemble the maps that they replace.
constexpr double kMinSimilarity = 0.9;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

std::vector<ThresholdPoint> threshold_points(const ProbeResult& probe, std::size_t probed, double saved_us) {
  std::vector<ThresholdPoint> points;
  for (std::size_t layer = 0; layer < probe.nearest.size(); ++layer) {
    std::vector<NearestMap> nearest = probe.nearest[layer];
    std::sort(nearest.begin(), nearest.end(),
              [](const NearestMap& a, const NearestMap& b) { return a.distance < b.distance; });
    double similarity = 0;
    std::size_t hits = 0;
    for (const double share : kShares) {
      const auto wanted = static_cast<std::size_t>(std::lround(share * static_cast<double>(probed)));
      const std::size_t end = std::min(wanted, nearest.size());
      if (end <= hits) continue;
      for (; hits < end; ++hits) similarity += mean(nearest[hits].similarity);
      points.push_back({static_cast<std::uint32_t>(layer), nearest[end - 1].distance,
                        static_cast<double>(end) / static_cast<double>(probed),
                        similarity / static_cast<double>(end), saved_us, probe.lookup_us[layer]});
    }
  }
  return points;
}

float widest_paying_threshold(const std::vector<ThresholdPoint>& points, std::uint32_t layer) {
  float widest = 0;
  for (const ThresholdPoint& point : points)
    if (point.layer == layer && point.similarity >= kMinSimilarity && point.net_us() > 0)
      widest = std::max(widest, point.max_distance);
  return widest;
}

}  // namespace memo
