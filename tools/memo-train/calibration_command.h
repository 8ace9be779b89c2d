// memo-train calibration: refits a model's weights for a policy, so that memoized embeddings come close to plain
// ones.
#pragma once

#include <string>

#include "embed/json/text_batches.h"
#include "memo/status.h"
#include "model/tuning/calibration/calibrate.h"

namespace CLI {
class App;
}

namespace memo {

struct CalibrationCommandOptions {
  std::string model;
  std::string policy;
  TextSource source;
  std::string memo = "none";
  std::string dtype = "f32";
  std::string output;
  CalibrationOptions calibration;

  void add_to(CLI::App& command);
};

// Prints the mean cosine to plain embeddings, before and after, over texts held out.
// Errors: of the model, the policy, the store and the input; as calibrate().
Status train_calibration(const CalibrationCommandOptions& options);

}  // namespace memo
