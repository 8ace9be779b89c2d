#include "model/tuning/calibration/normal_equations.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace memo {
namespace {

constexpr std::int64_t kStrip = 192;  // rows of the gram matrix that a thread works on

}  // namespace

NormalEquations::NormalEquations(std::int64_t inputs, std::int64_t outputs)
    : inputs_(inputs),
      outputs_(outputs),
      gram_(at::zeros({inputs + 1, inputs + 1}, at::kDouble)),
      moments_(at::zeros({inputs + 1, outputs}, at::kDouble)) {}

void NormalEquations::add(const at::Tensor& x, const at::Tensor& target, const at::Tensor& weight,
                          const ForEach& for_each) {
  const at::Tensor root = weight.sqrt().unsqueeze(1);
  // [rows, inputs + 1]
  const at::Tensor design = at::cat({x * root, root}, 1);
  const at::Tensor wanted = target * root;
  const std::int64_t columns = inputs_ + 1;
  for_each(static_cast<std::size_t>((columns + kStrip - 1) / kStrip), [&](std::size_t strip) {
    const std::int64_t first = static_cast<std::int64_t>(strip) * kStrip;
    const std::int64_t width = std::min(kStrip, columns - first);
    // [width, rows] x [rows, columns from the diagonal on]
    const at::Tensor left = design.narrow(1, first, width).t();
    gram_.narrow(0, first, width)
        .narrow(1, first, columns - first)
        .add_(at::mm(left, design.narrow(1, first, columns - first)));
    moments_.narrow(0, first, width).add_(at::mm(left, wanted));
  });
  target_square_ += wanted.to(at::kDouble).square().sum().item<double>();
  rows_ += x.size(0);
}

at::Tensor NormalEquations::gram() const {
  return gram_.triu() + gram_.triu(1).t();
}

LinearFit NormalEquations::solve(double ridge) const {
  const at::Tensor penalty = at::zeros({inputs_ + 1}, at::kDouble);
  penalty.narrow(0, 0, inputs_).fill_(gram_.diagonal().narrow(0, 0, inputs_).mean() * ridge);
  const at::Tensor factor = at::linalg_cholesky(gram() + at::diag(penalty));
  const at::Tensor solution = at::cholesky_solve(moments_, factor);
  return {solution.narrow(0, 0, inputs_), solution[inputs_]};
}

double NormalEquations::loss(const LinearFit& fit) const {
  const at::Tensor solution = at::cat({fit.weight, fit.bias.unsqueeze(0)});
  const double linear = (solution * moments_).sum().item<double>();
  const double square = (solution * at::mm(gram(), solution)).sum().item<double>();
  return target_square_ - 2 * linear + square;
}

std::size_t NormalEquations::bytes() const {
  return gram_.nbytes() + moments_.nbytes();
}

}  // namespace memo
