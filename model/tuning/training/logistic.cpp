#include "model/tuning/training/logistic.h"

#include <ATen/ATen.h>

namespace memo {
namespace {

constexpr int kMaxSteps = 100;
constexpr double kTolerance = 1e-9;
constexpr int kMaxHalvings = 30;

// The sum of log losses plus the penalty. softplus is log(1 + e^x) without overflow.
double loss(const at::Tensor& design, const at::Tensor& positive, const at::Tensor& penalty,
            const at::Tensor& parameters) {
  const at::Tensor scores = at::mv(design, parameters);
  return (at::softplus(scores) - positive * scores).sum().item<double>() +
         0.5 * (penalty * parameters * parameters).sum().item<double>();
}

at::Tensor newton_step(const at::Tensor& design, const at::Tensor& positive, const at::Tensor& penalty,
                       const at::Tensor& parameters) {
  const at::Tensor probability = at::sigmoid(at::mv(design, parameters));
  const at::Tensor gradient = at::mv(design.t(), probability - positive) + penalty * parameters;
  const at::Tensor curvature = probability * (1 - probability);
  // The tiny ridge keeps the matrix invertible where every sample is classified with certainty.
  const at::Tensor hessian = at::mm(design.t(), design * curvature.unsqueeze(1)) + at::diag(penalty + 1e-10);
  return at::linalg_solve(hessian, gradient);
}

}  // namespace

LogisticFit fit_logistic(const at::Tensor& samples, const at::Tensor& positive, double l2) {
  // A last column of ones carries the bias.
  const at::Tensor design = at::cat({samples, at::ones({samples.size(0), 1}, at::kDouble)}, 1);
  at::Tensor penalty = at::full({design.size(1)}, l2, at::kDouble);
  penalty[-1] = 0;
  at::Tensor parameters = at::zeros({design.size(1)}, at::kDouble);
  LogisticFit fit;
  double best = loss(design, positive, penalty, parameters);
  for (; fit.steps < kMaxSteps; ++fit.steps) {
    at::Tensor step = newton_step(design, positive, penalty, parameters);
    double next = loss(design, positive, penalty, parameters - step);
    for (int i = 0; i < kMaxHalvings && next > best; ++i) {
      step = step / 2;
      next = loss(design, positive, penalty, parameters - step);
    }
    if (!(next < best)) break;
    parameters = parameters - step;
    const double gained = best - next;
    best = next;
    if (gained <= kTolerance * (1 + best)) break;
  }
  fit.weight = parameters.narrow(0, 0, samples.size(1)).clone();
  fit.bias = parameters[-1].item<double>();
  return fit;
}

}  // namespace memo
