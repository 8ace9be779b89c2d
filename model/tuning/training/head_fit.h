// Fits a task head: one logistic regression per class, against the others.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/text/task_head.h"

namespace memo {

// Shapes: embeddings [texts, hidden]; labels [texts], indices into classes. l2: penalty on the squared weights of
// standardized embeddings.
TaskHead fit_head(const at::Tensor& embeddings, std::span<const std::size_t> labels,
                  const std::vector<std::string>& classes, double l2);

// The penalty of kL2Choices whose task heads have the least log loss on texts they were not fitted to, over three
// folds. Deterministic. Shapes: as fit_head.
double choose_l2(const at::Tensor& embeddings, std::span<const std::size_t> labels, std::size_t classes);
inline constexpr double kL2Choices[] = {1, 3, 10, 30, 100, 300, 1000};

// Whether the task head finds a text's label. Shapes: -> [texts]
std::vector<bool> right_answers(const TaskHead& head, const at::Tensor& embeddings,
                                std::span<const std::size_t> labels, const std::vector<std::string>& classes);

// The same for task heads that were fitted without the text: kAnswerFolds parts of the texts are each judged by a
// task head fitted to the others (cross-validation). Deterministic. Shapes: as fit_head; -> [texts]
std::vector<bool> cross_validated_answers(const at::Tensor& embeddings, std::span<const std::size_t> labels,
                                          const std::vector<std::string>& classes, double l2);
inline constexpr std::int64_t kAnswerFolds = 5;

}  // namespace memo
