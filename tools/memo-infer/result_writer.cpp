#include "tools/memo-infer/result_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace memo {
namespace {

std::span<const float> row_of(const at::Tensor& tensor, std::size_t row) {
  const auto width = static_cast<std::size_t>(tensor.size(1));
  return {tensor.data_ptr<float>() + row * width, width};
}

struct Best {
  std::size_t index;
  double probability;  // softmax of the logits
};

Best best_of(std::span<const float> logits) {
  const auto largest = std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - *largest);
  return {static_cast<std::size_t>(largest - logits.begin()), 1 / sum};
}

std::string label_fields(const std::string& label, double score) {
  return fmt::format(",\"label\":{},\"score\":{:.6f}", nlohmann::json(label).dump(), score);
}

}  // namespace

// Fields of a text's line, each behind a comma.
std::string ResultWriter::answer(const TextResults& results, std::size_t text) const {
  if (head_) {
    const Prediction prediction = head_->predict(row_of(results.embeddings, text));
    return label_fields(prediction.label, prediction.score);
  }
  if (config_.task == Task::embedding) return {};
  const Best best = best_of(row_of(results.logits, text));
  if (config_.task == Task::classification) return label_fields(config_.labels[best.index], best.probability);
  return fmt::format(",\"next_token\":{},\"score\":{:.6f}", best.index, best.probability);
}

Status ResultWriter::write(std::span<const Text> texts, const TextResults& results) {
  std::string lines;
  const auto out = std::back_inserter(lines);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    fmt::format_to(out, "{{\"id\":{}{}", texts[i].id.dump(), answer(results, i));
    if (embeddings_) fmt::format_to(out, ",\"embedding\":[{}]", fmt::join(row_of(results.embeddings, i), ","));
    lines += "}\n";
  }
  return file_.write(lines);
}

}  // namespace memo
