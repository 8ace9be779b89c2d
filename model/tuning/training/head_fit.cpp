#include "model/tuning/training/head_fit.h"

#include <ATen/ATen.h>

#include <limits>

#include "model/tuning/training/logistic.h"

namespace memo {
namespace {

at::Tensor is_label(std::span<const std::size_t> labels, std::size_t label) {
  at::Tensor positive = at::zeros({static_cast<std::int64_t>(labels.size())}, at::kDouble);
  for (std::size_t i = 0; i < labels.size(); ++i) positive.data_ptr<double>()[i] = labels[i] == label ? 1 : 0;
  return positive;
}

constexpr std::int64_t kFolds = 3;

// Which rows belong to one of the folds. Shapes: -> [rows]
at::Tensor of_fold(std::int64_t rows, std::int64_t folds, std::int64_t fold) {
  return at::arange(rows).remainder(folds) == fold;
}

// Embeddings scaled to mean 0 and deviation 1, so that one l2 suits embeddings of any scale.
struct Standardized {
  explicit Standardized(const at::Tensor& embeddings) {
    const at::Tensor matrix = embeddings.to(at::kDouble);
    mean = matrix.mean(0);
    deviation = at::clamp_min((matrix - mean).pow(2).mean(0).sqrt(), 1e-12);
    rows = (matrix - mean) / deviation;
  }
  at::Tensor mean, deviation;  // [hidden]
  at::Tensor rows;             // [texts, hidden] f64
};

// The sum of log losses on the rows of one fold, for a fit to the other folds.
double held_out_loss(const at::Tensor& rows, const at::Tensor& positive, std::int64_t fold, double l2) {
  const at::Tensor held_out = of_fold(rows.size(0), kFolds, fold);
  const at::Tensor fitted = held_out.logical_not();
  const LogisticFit fit =
      fit_logistic(rows.index({fitted}).contiguous(), positive.index({fitted}).contiguous(), l2);
  // [texts of the fold, hidden] x [hidden] -> [texts of the fold]
  const at::Tensor scores = at::mv(rows.index({held_out}), fit.weight) + fit.bias;
  return (at::softplus(scores) - positive.index({held_out}) * scores).sum().item<double>();
}

}  // namespace

double choose_l2(const at::Tensor& embeddings, std::span<const std::size_t> labels, std::size_t classes) {
  const Standardized standardized(embeddings);
  // With two classes, one regression decides.
  const std::size_t regressions = classes == 2 ? 1 : classes;
  double best = kL2Choices[0];
  double least = std::numeric_limits<double>::infinity();
  for (const double l2 : kL2Choices) {
    double loss = 0;
    for (std::size_t label = 0; label < regressions; ++label)
      for (std::int64_t fold = 0; fold < kFolds; ++fold)
        loss += held_out_loss(standardized.rows, is_label(labels, label), fold, l2);
    if (!(loss < least)) continue;
    least = loss;
    best = l2;
  }
  return best;
}

// The result is expressed in the embeddings' own scale.
TaskHead fit_head(const at::Tensor& embeddings, std::span<const std::size_t> labels,
                  const std::vector<std::string>& classes, double l2) {
  const Standardized standardized(embeddings);
  TaskHead head;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const LogisticFit fit = fit_logistic(standardized.rows, is_label(labels, i), l2);
    const at::Tensor weight = fit.weight / standardized.deviation;
    const at::Tensor stored = weight.to(at::kFloat).contiguous();
    TaskHeadClass& entry = head.classes.emplace_back();
    entry.label = classes[i];
    entry.weight.assign(stored.data_ptr<float>(), stored.data_ptr<float>() + stored.numel());
    entry.bias = static_cast<float>(fit.bias - at::dot(weight, standardized.mean).item<double>());
  }
  return head;
}

std::vector<bool> right_answers(const TaskHead& head, const at::Tensor& embeddings,
                                std::span<const std::size_t> labels, const std::vector<std::string>& classes) {
  const at::Tensor rows = embeddings.to(at::kFloat).contiguous();
  const auto width = static_cast<std::size_t>(rows.size(1));
  std::vector<bool> right;
  for (std::size_t i = 0; i < labels.size(); ++i)
    right.push_back(head.predict({rows.data_ptr<float>() + i * width, width}).label == classes[labels[i]]);
  return right;
}

std::vector<bool> cross_validated_answers(const at::Tensor& embeddings, std::span<const std::size_t> labels,
                                          const std::vector<std::string>& classes, double l2) {
  std::vector<bool> right(labels.size());
  for (std::int64_t fold = 0; fold < kAnswerFolds; ++fold) {
    std::vector<std::size_t> fitted, judged;
    for (std::size_t i = 0; i < labels.size(); ++i)
      (static_cast<std::int64_t>(i) % kAnswerFolds == fold ? judged : fitted).push_back(labels[i]);
    const at::Tensor is_judged = of_fold(embeddings.size(0), kAnswerFolds, fold);
    const TaskHead head = fit_head(embeddings.index({is_judged.logical_not()}), fitted, classes, l2);
    const std::vector<bool> answers = right_answers(head, embeddings.index({is_judged}), judged, classes);
    for (std::size_t i = 0; i < answers.size(); ++i)
      right[i * kAnswerFolds + static_cast<std::size_t>(fold)] = answers[i];
  }
  return right;
}

}  // namespace memo
