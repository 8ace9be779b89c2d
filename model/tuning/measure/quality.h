// What memoization loses in fidelity to the plain embeddings, and in accuracy.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "model/text/task_head.h"
#include "model/tuning/measure/model_outputs.h"
#include "model/tuning/result/profile_result.h"

namespace memo {

struct Fidelity {
  double mean = 1;  // cosine of a text's embedding to its plain one
  double p05 = 1;   // 5 % of the texts are below
};

// Shapes: plain, memoized [texts, hidden].
Fidelity fidelity(const at::Tensor& plain, const at::Tensor& memoized);

// Points of accuracy lost, paired text by text. Shapes: [texts] each.
Interval points_lost(const std::vector<bool>& plain, const std::vector<bool>& memoized);

double per_cent(const std::vector<bool>& right);

// The penalty that suits task heads on these plain outputs; memoized ones get the same.
double head_l2(const ModelConfig& config, const std::vector<std::string>& classes, const TextList& texts,
               const ModelOutputs& outputs);

// Says which texts are labelled right: by the model's own classification if it has one, else by a task head that
// is fitted to its embeddings.
class Judge {
 public:
  // Requires: texts with labels, classes not empty. outputs: of the training texts. l2: as fit_head's.
  // Errors: invalid_argument (the model's own classes are not those of the file).
  static Result<Judge> fit(const ModelConfig& config, const std::vector<std::string>& classes,
                           const TextList& texts, const ModelOutputs& outputs, double l2);

  // Shapes: -> [texts]
  std::vector<bool> right(const TextList& texts, const ModelOutputs& outputs) const;
  // The same for the texts and outputs that this was fitted to; each is judged by a task head that was fitted
  // without it.
  std::vector<bool> right_without(const TextList& texts, const ModelOutputs& outputs) const;
  // Empty: the model itself classifies.
  const std::optional<TaskHead>& head() const { return head_; }

 private:
  std::vector<std::string> classes_;
  std::vector<std::size_t> class_of_output_;  // [the model's labels], where head_ is empty
  std::optional<TaskHead> head_;
  double l2_ = 0;  // of head_
};

}  // namespace memo
