#include "model/text/scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace memo {
namespace {

void softmax(std::vector<double>& values) {
  const double largest = *std::ranges::max_element(values);
  double sum = 0;
  for (double& value : values) sum += value = std::exp(value - largest);
  for (double& value : values) value /= sum;
}

}  // namespace

std::vector<double> scores_of(std::span<const float> logits, ScoreFunction function) {
  std::vector<double> scores(logits.begin(), logits.end());
  if (function == ScoreFunction::softmax) softmax(scores);
  if (function == ScoreFunction::sigmoid)
    for (double& score : scores) score = 1 / (1 + std::exp(-score));
  return scores;
}

std::vector<std::size_t> best_of(std::span<const double> scores, std::size_t count) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  count = std::min(count, order.size());
  const auto better = [&](std::size_t a, std::size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), better);
  order.resize(count);
  return order;
}

}  // namespace memo
