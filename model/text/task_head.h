// A task head: logistic regression on embeddings. A JSON file:
//   {"format": "memo-head", "version": 1, "hidden": 384,
//    "classes": [{"label": "ham", "weight": [384 numbers], "bias": 0.1}, ...]}
// The score of a class is the logistic function of weight · embedding + bias, fitted as this class against the
// others; the label is the class of the highest score.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "memo/status.h"

namespace memo {

struct TaskHeadClass {
  std::string label;
  std::vector<float> weight;  // [hidden]
  float bias = 0;
};

struct Prediction {
  std::string label;
  double score = 0;  // 0 .. 1
};

struct TaskHead {
  std::vector<TaskHeadClass> classes;  // at least one

  // Errors: as read_json_file; corrupt (what is missing); invalid_argument (fitted for another embedding size).
  static Result<TaskHead> load(const std::string& path, std::size_t hidden);
  std::string to_json() const;  // the file that load() reads
  Status save(const std::string& path) const;
  // Shapes: embedding [hidden]
  Prediction predict(std::span<const float> embedding) const;
  // Of every class. Shapes: embedding [hidden] -> [classes]
  std::vector<double> scores(std::span<const float> embedding) const;
};

}  // namespace memo
