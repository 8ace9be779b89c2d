#include "tools/memo-profile/model_outputs.h"

#include <ATen/ops/cat.h>

namespace memo {

ModelOutputs run_texts(Engine& engine, AttentionSource* source, const TextList& texts, std::size_t batch,
                       const Advance& advance) {
  std::vector<at::Tensor> embeddings;
  std::vector<at::Tensor> logits;
  for (std::size_t begin = 0; begin < texts.size(); begin += batch) {
    std::vector<std::span<const std::int32_t>> sequences;
    for (std::size_t i = begin; i < std::min(texts.size(), begin + batch); ++i)
      sequences.push_back(texts[i]->tokens);
    engine.forward(sequences, source);
    embeddings.push_back(engine.embeddings());
    if (engine.checkpoint().config.task == Task::classification) logits.push_back(engine.class_logits());
    if (advance) advance(begin + sequences.size(), texts.size());
  }
  ModelOutputs outputs;
  outputs.embeddings = at::cat(embeddings);
  if (!logits.empty()) outputs.logits = at::cat(logits);
  return outputs;
}

}  // namespace memo
