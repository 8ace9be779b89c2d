#include "tools/memo-bench/paper/ground/predicted_similarity.h"

#include <algorithm>

namespace memo {

// Merges neighbouring steps wherever the mean would rise (pool adjacent violators).
PredictedSimilarity::PredictedSimilarity(std::vector<Sample> samples) {
  std::sort(samples.begin(), samples.end(),
            [](const Sample& a, const Sample& b) { return a.distance < b.distance; });
  for (const Sample& sample : samples) {
    Step step{sample.distance, sample.similarity, 1};
    while (!steps_.empty() && (steps_.back().mean() <= step.mean() || steps_.back().up_to == step.up_to)) {
      step.sum += steps_.back().sum;
      step.count += steps_.back().count;
      steps_.pop_back();
    }
    steps_.push_back(step);
  }
}

double PredictedSimilarity::at(float distance) const {
  if (steps_.empty()) return 0;
  const auto step = std::find_if(steps_.begin(), steps_.end(), [&](const Step& s) { return distance <= s.up_to; });
  return step == steps_.end() ? steps_.back().mean() : step->mean();
}

float PredictedSimilarity::distance_for(double similarity) const {
  float farthest = 0;
  for (const Step& step : steps_)
    if (step.mean() >= similarity) farthest = step.up_to;
  return farthest;
}

}  // namespace memo
