// NormalEquations: weighted ridge regression over any number of rows, in memory that does not depend on it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace memo {

// y = x W + b
struct LinearFit {
  at::Tensor weight;  // [inputs, outputs] f64
  at::Tensor bias;    // [outputs] f64
};

// Calls work(0 .. count - 1), in parallel.
using ForEach = std::function<void(std::size_t count, const std::function<void(std::size_t)>& work)>;

// Keeps X^T W X, X^T W T and T^T W T of all added rows; X has a last column of ones for the bias.
// Threads: one at a time; add() works on those of for_each.
class NormalEquations {
 public:
  NormalEquations(std::int64_t inputs, std::int64_t outputs);

  // Products are f32 over the rows of one call, and f64 between calls: add some thousand rows at a time.
  // Shapes: x [rows, inputs], target [rows, outputs], weight [rows], all f32; weight at least 0.
  void add(const at::Tensor& x, const at::Tensor& target, const at::Tensor& weight, const ForEach& for_each);

  // Minimizes  sum of weight · |x W + b - target|²  +  ridge · s · |W|², where s is the mean of the diagonal of
  // X^T W X; the bias is free. Requires: ridge > 0.
  // Errors: throws c10::Error (rows were not finite, or none had a weight).
  LinearFit solve(double ridge) const;

  // sum of weight · |x W + b - target|² over the rows of this object, which need not be those of the fit.
  double loss(const LinearFit& fit) const;
  // The same for W = 0, b = 0.
  double target_square() const { return target_square_; }

  std::int64_t rows() const { return rows_; }
  double elements() const { return static_cast<double>(rows_) * static_cast<double>(outputs_); }  // of targets
  std::size_t bytes() const;  // of what is kept

 private:
  at::Tensor gram() const;  // [inputs + 1, inputs + 1], symmetric

  const std::int64_t inputs_;
  const std::int64_t outputs_;
  std::int64_t rows_ = 0;
  double target_square_ = 0;
  at::Tensor gram_;     // [inputs + 1, inputs + 1] f64, on and above the diagonal
  at::Tensor moments_;  // [inputs + 1, outputs] f64
};

}  // namespace memo
