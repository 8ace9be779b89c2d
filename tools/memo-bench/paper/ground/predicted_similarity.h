// PredictedSimilarity: the similarity of maps that a distance between features predicts, at one layer.
#pragma once

#include <vector>

namespace memo {

// The best fit to samples, in squares, among all that never rise with the distance (isotonic regression).
class PredictedSimilarity {
 public:
  struct Sample {
    float distance = 0;
    double similarity = 0;
  };
  explicit PredictedSimilarity(std::vector<Sample> samples);

  // 0 when there was no sample; beyond the farthest sample, what that one promises.
  double at(float distance) const;
  // The largest distance of a sample up to which at least this similarity is predicted; 0: none.
  float distance_for(double similarity) const;

 private:
  struct Step {
    float up_to = 0;  // distance
    double sum = 0;   // of similarities
    double count = 0;
    double mean() const { return sum / count; }
  };
  std::vector<Step> steps_;  // by distance; means fall
};

}  // namespace memo
