// Correction: is added to a linear layer so that its output comes closer to the target.
#pragma once

#include <optional>
#include <span>

#include "model/checkpoint/checkpoint.h"
#include "model/tuning/calibration/normal_equations.h"

namespace memo {

// Sums of squares are of the rows held out, each divided by the variance that the normalization after it divides
// by, a row and column.
struct Correction {
  LinearFit fit;
  double ridge = 0;
  double error_before = 0;  // mean squared error without the correction
  double error_after = 0;
};

// The same sums over two sets of rows.
struct FitEquations {
  FitEquations(std::int64_t inputs, std::int64_t outputs) : fitted(inputs, outputs), held_out(inputs, outputs) {}
  NormalEquations fitted;
  NormalEquations held_out;
};

// The ridge is the one of `ridges` that is best on the rows held out; ridges pull towards no correction.
// Empty: there is nothing to correct, or no correction improves the rows held out.
// Errors: throws c10::Error.
std::optional<Correction> choose_correction(const FitEquations& equations, std::span<const double> ridges);

// Shapes: fit [in, out]; weights [out, in]
LinearWeights corrected(const LinearWeights& weights, const LinearFit& fit);

}  // namespace memo
