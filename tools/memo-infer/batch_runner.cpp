#include "tools/memo-infer/batch_runner.h"

namespace memo {

BatchRunner::BatchRunner(const LoadedModel& model, Engine& engine, std::uint32_t length, MemoPlan* plan)
    : model_(model), engine_(engine), length_(length) {
  if (plan != nullptr) memoized_ = std::make_unique<MemoizedAttention>(*plan);
}

TextResults BatchRunner::run(std::span<const Text> texts) {
  double tokenize_s = 0;
  std::vector<Tokens> sequences;
  {
    const PartTimer timer(tokenize_s);
    sequences = tokenize(texts);
  }
  double forward_s = 0;
  TextResults results;
  const double before = engine_.attention_seconds();
  {
    const PartTimer timer(forward_s);
    results = forward(sequences, memoized_.get());
  }
  attention_s_ += engine_.attention_seconds() - before;
  figures_.tokenize_s += tokenize_s * engine_.threads();
  figures_.forward_s += forward_s * engine_.threads();
  for (const Tokens& tokens : sequences) figures_.tokens += tokens.size();
  return results;
}

void BatchRunner::warm_up(std::span<const Text> texts) {
  (void)forward(tokenize(texts), nullptr);
}

std::vector<Tokens> BatchRunner::tokenize(std::span<const Text> texts) {
  std::vector<Tokens> sequences(texts.size());
  engine_.for_each(texts.size(),
                   [&](std::size_t i) { sequences[i] = model_.tokenizer->encode(texts[i].text, length_); });
  return sequences;
}

TextResults BatchRunner::forward(const std::vector<Tokens>& sequences, AttentionSource* source) {
  const std::vector<std::span<const std::int32_t>> batch(sequences.begin(), sequences.end());
  engine_.forward(batch, source);
  TextResults results;
  results.embeddings = engine_.embeddings();
  const Task task = model_.checkpoint.config.task;
  if (task == Task::classification) results.logits = engine_.class_logits();
  if (task == Task::next_token) results.logits = engine_.next_token_logits();
  return results;
}

RunnerFigures BatchRunner::figures() const {
  RunnerFigures figures = figures_;
  if (memoized_ == nullptr) {
    figures.parts.compute = attention_s_;
    return figures;
  }
  figures.parts = memoized_->seconds();
  figures.layers = memoized_->counters();
  return figures;
}

}  // namespace memo
