#include "model/tuning/calibration/correction.h"

#include <ATen/ATen.h>

#include "embed/training/torch_tensor.h"

namespace memo {
namespace {

// Below this mean squared error the two streams differ by rounding only.
constexpr double kRounding = 1e-10;

}  // namespace

std::optional<Correction> choose_correction(const FitEquations& equations, std::span<const double> ridges) {
  const double elements = equations.held_out.elements();
  if (equations.fitted.target_square() <= kRounding * equations.fitted.elements()) return std::nullopt;
  std::optional<Correction> best;
  double least = equations.held_out.target_square();
  for (const double ridge : ridges) {
    LinearFit fit = equations.fitted.solve(ridge);
    const double loss = equations.held_out.loss(fit);
    if (!(loss < least)) continue;
    least = loss;
    best = Correction{std::move(fit), ridge, equations.held_out.target_square() / elements, loss / elements};
  }
  return best;
}

LinearWeights corrected(const LinearWeights& weights, const LinearFit& fit) {
  LinearWeights sum;
  sum.weight = from_torch((to_torch(weights.weight) + fit.weight.t()).to(at::kFloat));
  const at::Tensor bias = weights.bias.defined() ? to_torch(weights.bias) + fit.bias : fit.bias;
  sum.bias = from_torch(bias.to(at::kFloat));
  return sum;
}

}  // namespace memo
