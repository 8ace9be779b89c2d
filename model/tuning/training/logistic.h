// Logistic regression of one class against the rest, by Newton's method.
#pragma once

#include <ATen/core/Tensor.h>

namespace memo {

struct LogisticFit {
  at::Tensor weight;  // [features] f64
  double bias = 0;
  int steps = 0;
};

// Minimizes  sum of log losses + l2 / 2 · |weight|², the bias unpenalized; the optimum is unique when l2 > 0.
// Deterministic. Every step costs O(samples · features² + features³).
// Shapes: samples [n, features] f64; positive [n] f64, 0 or 1.
LogisticFit fit_logistic(const at::Tensor& samples, const at::Tensor& positive, double l2);

}  // namespace memo
