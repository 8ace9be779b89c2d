#include "tools/memo-bench/paper/ground/thresholds.h"

#include <fmt/format.h>

#include <numeric>

#include "tools/memo-bench/paper/ground/paper_runner.h"

namespace memo {
namespace {

// Mean over heads.
double similarity_of(const NearestMap& nearest) {
  return std::accumulate(nearest.similarity.begin(), nearest.similarity.end(), 0.0) /
         static_cast<double>(nearest.similarity.size());
}

// A layer with a distance of 0 accepts only the same text's map, so its promise is 1.
double promised(const std::vector<PredictedSimilarity>& predicted, const std::vector<float>& max_distance) {
  double sum = 0;
  for (std::size_t layer = 0; layer < predicted.size(); ++layer)
    sum += max_distance[layer] > 0 ? predicted[layer].at(max_distance[layer]) : 1;
  return sum / static_cast<double>(predicted.size());
}

}  // namespace

std::vector<PredictedSimilarity> predict_similarity(const ProbeResult& probe) {
  std::vector<PredictedSimilarity> predicted;
  for (const std::vector<NearestMap>& layer : probe.nearest) {
    std::vector<PredictedSimilarity::Sample> samples;
    for (const NearestMap& nearest : layer) samples.push_back({nearest.distance, similarity_of(nearest)});
    predicted.emplace_back(std::move(samples));
  }
  return predicted;
}

std::vector<PaperThreshold> paper_thresholds(const PaperBench& options,
                                             const std::vector<PredictedSimilarity>& predicted) {
  std::vector<PaperThreshold> thresholds;
  const auto add = [&](std::string name, std::vector<float> distances, std::optional<double> similarity = {}) {
    const double promise = promised(predicted, distances);
    thresholds.push_back({std::move(name), std::move(distances), promise, similarity});
  };
  add("the same text only", std::vector<float>(predicted.size(), 0));
  for (const double similarity : options.similarities) {
    std::vector<float> distances;
    for (const PredictedSimilarity& layer : predicted) distances.push_back(layer.distance_for(similarity));
    add(fmt::format("similarity ≥ {:g}", similarity), std::move(distances), similarity);
  }
  for (const float distance : options.distances)
    add(fmt::format("distance ≤ {:g}", distance), std::vector<float>(predicted.size(), distance));
  add("any map", std::vector<float>(predicted.size(), kAnyDistance));
  return thresholds;
}

WithinThreshold within(const ProbeResult& probe, std::size_t probed, const std::vector<float>& max_distance) {
  double found = 0, similarity = 0;
  for (std::size_t layer = 0; layer < probe.nearest.size(); ++layer)
    for (const NearestMap& nearest : probe.nearest[layer])
      if (nearest.distance <= max_distance[layer]) {
        ++found;
        similarity += similarity_of(nearest);
      }
  const double lookups = static_cast<double>(probed * probe.nearest.size());
  return {found / lookups, found > 0 ? similarity / found : 0};
}

}  // namespace memo
