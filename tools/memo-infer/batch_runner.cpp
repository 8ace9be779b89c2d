#include "tools/memo-infer/batch_runner.h"

namespace memo {

BatchRunner::BatchRunner(const TextModel& model, Engine& engine, std::uint32_t length, MemoPlan* plan)
    : model_(model), engine_(engine), length_(length) {
  if (plan != nullptr) memoized_ = std::make_unique<MemoizedAttention>(*plan);
}

TextResults BatchRunner::run(std::span<const Text> texts) {
  double tokenize_s = 0;
  std::vector<PairEncoding> inputs;
  {
    const PartTimer timer(tokenize_s);
    inputs = tokenize(texts);
  }
  double forward_s = 0;
  TextResults results;
  const double before = engine_.attention_seconds();
  {
    const PartTimer timer(forward_s);
    results = forward(inputs, memoized_.get());
  }
  attention_s_ += engine_.attention_seconds() - before;
  figures_.tokenize_s += tokenize_s * engine_.threads();
  figures_.forward_s += forward_s * engine_.threads();
  for (const PairEncoding& input : inputs) figures_.tokens += input.ids.size();
  return results;
}

void BatchRunner::warm_up(std::span<const Text> texts) {
  (void)forward(tokenize(texts), nullptr);
}

std::vector<PairEncoding> BatchRunner::tokenize(std::span<const Text> texts) {
  std::vector<PairEncoding> inputs(texts.size());
  engine_.for_each(texts.size(), [&](std::size_t i) {
    if (texts[i].pair)
      inputs[i] = model_.encode_pair(texts[i].text, *texts[i].pair, length_);
    else
      inputs[i].ids = model_.encode(texts[i].text, length_);
  });
  return inputs;
}

TextResults BatchRunner::forward(const std::vector<PairEncoding>& inputs, AttentionSource* source) {
  std::vector<TokenSequence> batch;
  batch.reserve(inputs.size());
  for (const PairEncoding& input : inputs) batch.emplace_back(input.ids, input.types);
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
