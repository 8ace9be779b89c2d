// BatchRunner: texts in, embeddings out, on a fixed number of worker threads.
#pragma once

#include <ATen/core/Tensor.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/engine/bert_encoder.h"
#include "model/memo/memo_counters.h"
#include "model/memo/memoized_attention.h"
#include "tools/common/text_batches.h"
#include "tools/memo-infer/timed_attention.h"

namespace memo {

struct RunnerFigures {
  PartSeconds parts;
  double tokenize_s = 0;
  double forward_s = 0;  // parts included
  std::uint64_t tokens = 0;
  std::vector<LayerCounters> layers;  // empty without memos
};

// Threads: one caller at a time.
class BatchRunner {
 public:
  // Every worker has an attention of its own; the plan may be null: plain.
  // Lifetime: model and plan outlive this.
  BatchRunner(const LoadedModel& model, std::uint32_t length, std::uint32_t threads, MemoPlan* plan);

  // Shapes: -> [texts, hidden], in their order. Requires: texts is not empty.
  at::Tensor run(std::span<const Text> texts);
  // The same without memos, and without leaving a trace in the figures.
  void warm_up(std::span<const Text> texts);

  RunnerFigures figures() const;

 private:
  struct Worker {
    std::unique_ptr<TimedAttention> plain;
    std::unique_ptr<MemoizedAttention> memoized;  // null without a plan
    double tokenize_s = 0;
    double forward_s = 0;
  };

  std::vector<Tokens> tokenize(std::span<const Text> texts, std::span<Worker> workers);
  at::Tensor embed(std::span<const Tokens> sequences, std::span<Worker> workers);
  void embed_some(std::span<const Tokens> sequences, std::span<const std::size_t> indices, Worker& worker,
                  at::Tensor& embeddings) const;
  // Calls work(i, worker i) for every worker, each on a thread of the arena.
  template <typename Work>
  void on_all(std::span<Worker> workers, const Work& work);
  std::vector<Worker> make_workers(std::uint32_t threads, MemoPlan* plan) const;

  const LoadedModel& model_;
  const BertEncoder encoder_;
  const std::uint32_t length_;
  oneapi::tbb::task_arena arena_;
  std::vector<Worker> workers_;
  std::uint64_t tokens_ = 0;
};

}  // namespace memo
