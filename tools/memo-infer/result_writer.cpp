#include "tools/memo-infer/result_writer.h"

#include <fmt/format.h>

#include <iterator>

namespace memo {

Status ResultWriter::write(std::span<const Text> texts, const at::Tensor& embeddings) {
  const auto hidden = static_cast<std::size_t>(embeddings.size(1));
  std::string lines;
  const auto out = std::back_inserter(lines);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::span<const float> embedding(embeddings.data_ptr<float>() + i * hidden, hidden);
    fmt::format_to(out, "{{\"id\":{}", texts[i].id.dump());
    if (head_) {
      const Prediction prediction = head_->predict(embedding);
      fmt::format_to(out, ",\"label\":{},\"score\":{:.6f}", nlohmann::json(prediction.label).dump(),
                     prediction.score);
    }
    if (embeddings_) fmt::format_to(out, ",\"embedding\":[{}]", fmt::join(embedding, ","));
    lines += "}\n";
  }
  return file_.write(lines);
}

}  // namespace memo
