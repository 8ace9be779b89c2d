// Calibrates a model for a policy: it refits linear layers, layer by layer, in closed form and without labels, so
// that the memoized stream reproduces the plain one. docs/measurements/calibration.md says what it gains.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "memo/status.h"
#include "model/memo/memo_plan.h"
#include "model/policy/calibration.h"

namespace memo {

struct CalibrationOptions {
  std::uint32_t threads = 1;
  std::uint32_t batch = 16;  // texts at a time, fewer where there are few
  bool attention_output = true;
  bool feed_forward_out = true;
  bool later_layers = true;  // those that compute everything, behind the first that does not
  // How strongly weights are held to their old values, relative to the mean square of their inputs; each matrix
  // uses the value that is best on the texts held out.
  std::vector<double> ridges{1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1, 0.3, 1};
  std::string spill_folder = "/tmp";  // for a file of 20 bytes · hidden size · tokens

  // Errors: invalid_argument naming the field, its value and its limit.
  Status validate() const;
};

// The result for one matrix. Errors are mean squares over texts held out, where 1 is the variance of the plain
// stream.
struct MatrixReport {
  std::size_t layer = 0;
  std::string matrix;  // as in Calibration
  bool refitted = false;
  double ridge = 0;
  double error_before = 0;
  double error_after = 0;
};

struct CalibrationReport {
  std::uint64_t texts = 0;
  std::uint64_t held_out = 0;  // of the texts
  // Mean cosine of memoized and plain embeddings of the texts held out.
  double cosine_before = 0;
  double cosine_after = 0;
  std::vector<MatrixReport> matrices;
};

struct CalibratedModel {
  Calibration calibration;
  CalibrationReport report;
};

constexpr std::size_t kMinCalibrationTexts = 20;

// The plan determines the memoized stream: fixed maps, hits of its store, and misses. One of every ten batches of
// texts is held out. Takes about three forward passes of all texts; memory does not depend on their number.
// progress: called with 0 .. 1, in this thread.
// Requires: the plan's checkpoint is not calibrated, and its policy publishes at no layer that looks up: maps that
//           a half-calibrated model computes belong to no model.
// Errors: invalid_argument (these, the options; too few texts, a text that is empty, longer than the policy's
//         length or of unknown tokens), internal (no room for the file, a library fails).
Result<CalibratedModel> calibrate(MemoPlan& plan, std::span<const std::vector<std::int32_t>> texts,
                                  const CalibrationOptions& options,
                                  const std::function<void(double fraction)>& progress = {});

}  // namespace memo
