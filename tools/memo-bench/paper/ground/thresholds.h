// The thresholds that memo-bench paper runs: from exact repeats only to any map.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/tuning/measure/similarity_probe.h"
#include "tools/memo-bench/paper/ground/paper_bench.h"
#include "tools/memo-bench/paper/ground/predicted_similarity.h"

namespace memo {

struct PaperThreshold {
  std::string name;
  std::vector<float> max_distance;   // [layers]
  double predicted_similarity = 1;   // at the threshold, mean over layers; 1: only the same map will do
  std::optional<double> similarity;  // what it was made for, of those on similarity
};

// Shapes: -> [layers]
std::vector<PredictedSimilarity> predict_similarity(const ProbeResult& probe);

// By key only; by similarity, descending; by distance, ascending; any map. Shapes: predicted [layers]
std::vector<PaperThreshold> paper_thresholds(const PaperBench& options,
                                             const std::vector<PredictedSimilarity>& predicted);

// What probed texts found within the thresholds, all layers together.
struct WithinThreshold {
  double rate = 0;        // of all lookups
  double similarity = 0;  // of what was found to what would have been computed
};
// Shapes: max_distance [layers]
WithinThreshold within(const ProbeResult& probe, std::size_t probed, const std::vector<float>& max_distance);

}  // namespace memo
