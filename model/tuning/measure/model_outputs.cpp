#include "model/tuning/measure/model_outputs.h"

#include <ATen/ops/cat.h>

#include "embed/training/torch_tensor.h"

namespace memo {

ModelOutputs run_batch(Engine& engine, AttentionSource* source, TokenSequences sequences) {
  engine.forward(sequences, source);
  ModelOutputs outputs;
  outputs.embeddings = to_torch(engine.embeddings());
  if (engine.checkpoint().config.task == Task::classification) outputs.logits = to_torch(engine.class_logits());
  return outputs;
}

ModelOutputs joined(const std::vector<ModelOutputs>& parts) {
  std::vector<at::Tensor> embeddings;
  std::vector<at::Tensor> logits;
  for (const ModelOutputs& part : parts) {
    embeddings.push_back(part.embeddings);
    if (part.logits.defined()) logits.push_back(part.logits);
  }
  ModelOutputs outputs;
  outputs.embeddings = at::cat(embeddings);
  if (!logits.empty()) outputs.logits = at::cat(logits);
  return outputs;
}

ModelOutputs run_texts(Engine& engine, AttentionSource* source, const TextList& texts, std::size_t batch,
                       const Advance& advance) {
  std::vector<ModelOutputs> parts;
  for (std::size_t begin = 0; begin < texts.size(); begin += batch) {
    std::vector<TokenSequence> sequences;
    for (std::size_t i = begin; i < std::min(texts.size(), begin + batch); ++i)
      sequences.push_back(texts[i]->tokens);
    parts.push_back(run_batch(engine, source, sequences));
    if (advance) advance(begin + sequences.size(), texts.size());
  }
  return joined(parts);
}

}  // namespace memo
