// BatchRunner: texts in, embeddings and the model's own answers out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "embed/json/text_batches.h"
#include "embed/tensor/tensor.h"
#include "model/engine/engine.h"
#include "model/memo/memoized_attention.h"
#include "model/memo/selection/memo_counters.h"
#include "model/text/text_model.h"

namespace memo {

struct RunnerFigures {
  PartSeconds parts;  // of attention: thread-seconds
  double tokenize_s = 0;
  double forward_s = 0;  // thread-seconds, parts included
  std::uint64_t tokens = 0;
  std::vector<LayerCounters> layers;  // empty without memos
};

// The results of a batch, in its order.
struct TextResults {
  Tensor embeddings;  // [texts, embedding size]
  Tensor logits;      // [texts, labels or vocabulary]; undefined where the model has no head
};

// Threads: one caller at a time.
class BatchRunner {
 public:
  // The plan may be null: plain. Requires: texts have pairs only where the model's tokenizer takes them.
  // Lifetime: model, engine and plan outlive this.
  BatchRunner(const TextModel& model, Engine& engine, std::uint32_t length, MemoPlan* plan);

  // Requires: texts is not empty.
  TextResults run(std::span<const Text> texts);
  // The same without memos, and without leaving a trace in the figures.
  void warm_up(std::span<const Text> texts);

  RunnerFigures figures() const;

 private:
  std::vector<PairEncoding> tokenize(std::span<const Text> texts);
  TextResults forward(const std::vector<PairEncoding>& inputs, AttentionSource* source);

  const TextModel& model_;
  Engine& engine_;
  const std::uint32_t length_;
  std::unique_ptr<MemoizedAttention> memoized_;  // null without a plan
  RunnerFigures figures_;
  double attention_s_ = 0;
};

}  // namespace memo
