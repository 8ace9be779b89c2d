#include "model/tuning/measure/quality.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "model/tuning/result/statistics.h"
#include "model/tuning/training/head_fit.h"

namespace memo {
namespace {

std::vector<std::size_t> labels_of(const TextList& texts) {
  std::vector<std::size_t> labels;
  for (const ProfileText* text : texts) labels.push_back(text->label);
  return labels;
}

}  // namespace

Fidelity fidelity(const at::Tensor& plain, const at::Tensor& memoized) {
  const at::Tensor cosine = std::get<0>(at::cosine_similarity(plain, memoized, 1).to(at::kDouble).sort());
  const std::int64_t texts = cosine.size(0);
  return {cosine.mean().item<double>(), cosine[texts * 5 / 100].item<double>()};
}

Interval points_lost(const std::vector<bool>& plain, const std::vector<bool>& memoized) {
  std::vector<double> lost;
  for (std::size_t i = 0; i < plain.size(); ++i) lost.push_back(100.0 * (int{plain[i]} - int{memoized[i]}));
  return mean_interval(lost);
}

double per_cent(const std::vector<bool>& right) {
  return 100.0 * static_cast<double>(std::count(right.begin(), right.end(), true)) /
         static_cast<double>(right.size());
}

double head_l2(const ModelConfig& config, const std::vector<std::string>& classes, const TextList& texts,
               const ModelOutputs& outputs) {
  if (config.task == Task::classification) return 0;
  return choose_l2(outputs.embeddings, labels_of(texts), classes.size());
}

Result<Judge> Judge::fit(const ModelConfig& config, const std::vector<std::string>& classes, const TextList& texts,
                         const ModelOutputs& outputs, double l2) {
  Judge judge;
  judge.classes_ = classes;
  judge.l2_ = l2;
  if (config.task != Task::classification) {
    judge.head_ = fit_head(outputs.embeddings, labels_of(texts), classes, l2);
    return judge;
  }
  for (const std::string& label : config.labels)
    judge.class_of_output_.push_back(
        static_cast<std::size_t>(std::find(classes.begin(), classes.end(), label) - classes.begin()));
  for (const std::string& label : classes)
    if (std::find(config.labels.begin(), config.labels.end(), label) == config.labels.end())
      return Status(StatusCode::invalid_argument,
                    fmt::format("the texts have the label \"{}\", the model answers {}", label,
                                fmt::join(config.labels, ", ")));
  return judge;
}

std::vector<bool> Judge::right(const TextList& texts, const ModelOutputs& outputs) const {
  if (head_) return right_answers(*head_, outputs.embeddings, labels_of(texts), classes_);
  const at::Tensor answers = outputs.logits.argmax(1);
  std::vector<bool> right;
  for (std::size_t i = 0; i < texts.size(); ++i)
    right.push_back(
        class_of_output_[static_cast<std::size_t>(answers[static_cast<std::int64_t>(i)].item<std::int64_t>())] ==
        texts[i]->label);
  return right;
}

std::vector<bool> Judge::right_without(const TextList& texts, const ModelOutputs& outputs) const {
  if (!head_) return right(texts, outputs);
  return cross_validated_answers(outputs.embeddings, labels_of(texts), classes_, l2_);
}

}  // namespace memo
