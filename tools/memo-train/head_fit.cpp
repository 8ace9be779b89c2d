#include "tools/memo-train/head_fit.h"

#include <ATen/ATen.h>

#include "tools/memo-train/logistic.h"

namespace memo {
namespace {

at::Tensor is_label(std::span<const std::size_t> labels, std::size_t label) {
  at::Tensor positive = at::zeros({static_cast<std::int64_t>(labels.size())}, at::kDouble);
  for (std::size_t i = 0; i < labels.size(); ++i) positive.data_ptr<double>()[i] = labels[i] == label ? 1 : 0;
  return positive;
}

}  // namespace

// Fitted on features of mean 0 and deviation 1, so that one l2 suits embeddings of any scale; the result is
// expressed in the embeddings' own scale.
Head fit_head(const at::Tensor& embeddings, std::span<const std::size_t> labels,
              const std::vector<std::string>& classes, double l2) {
  const at::Tensor matrix = embeddings.to(at::kDouble);
  const at::Tensor mean = matrix.mean(0);
  const at::Tensor deviation = at::clamp_min((matrix - mean).pow(2).mean(0).sqrt(), 1e-12);
  const at::Tensor standardized = (matrix - mean) / deviation;
  Head head;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const LogisticFit fit = fit_logistic(standardized, is_label(labels, i), l2);
    const at::Tensor weight = fit.weight / deviation;
    const at::Tensor stored = weight.to(at::kFloat).contiguous();
    HeadClass& entry = head.classes.emplace_back();
    entry.label = classes[i];
    entry.weight.assign(stored.data_ptr<float>(), stored.data_ptr<float>() + stored.numel());
    entry.bias = static_cast<float>(fit.bias - at::dot(weight, mean).item<double>());
  }
  return head;
}

std::vector<bool> right_answers(const Head& head, const at::Tensor& embeddings,
                                std::span<const std::size_t> labels, const std::vector<std::string>& classes) {
  const at::Tensor rows = embeddings.to(at::kFloat).contiguous();
  const auto width = static_cast<std::size_t>(rows.size(1));
  std::vector<bool> right;
  for (std::size_t i = 0; i < labels.size(); ++i)
    right.push_back(head.predict({rows.data_ptr<float>() + i * width, width}).label == classes[labels[i]]);
  return right;
}

}  // namespace memo
