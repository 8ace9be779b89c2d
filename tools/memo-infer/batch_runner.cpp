#include "tools/memo-infer/batch_runner.h"

#include <ATen/ops/empty.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>

#include <cstring>

namespace memo {

BatchRunner::BatchRunner(const LoadedModel& model, std::uint32_t length, std::uint32_t threads, MemoPlan* plan)
    : model_(model),
      encoder_(model.checkpoint),
      length_(length),
      arena_(static_cast<int>(threads)),
      workers_(make_workers(threads, plan)) {}

std::vector<BatchRunner::Worker> BatchRunner::make_workers(std::uint32_t threads, MemoPlan* plan) const {
  std::vector<Worker> workers(threads);
  for (Worker& worker : workers) {
    worker.plain = std::make_unique<TimedAttention>(model_.checkpoint);
    if (plan != nullptr) worker.memoized = std::make_unique<MemoizedAttention>(*plan);
  }
  return workers;
}

template <typename Work>
void BatchRunner::on_all(std::span<Worker> workers, const Work& work) {
  arena_.execute([&] {
    oneapi::tbb::parallel_for(
        std::size_t{0}, workers.size(),
        [&](std::size_t i) {
          use_one_thread_here();
          work(i, workers[i]);
        },
        oneapi::tbb::simple_partitioner());
  });
}

at::Tensor BatchRunner::run(std::span<const Text> texts) {
  const std::vector<Tokens> sequences = tokenize(texts, workers_);
  for (const Tokens& tokens : sequences) tokens_ += tokens.size();
  return embed(sequences, workers_);
}

void BatchRunner::warm_up(std::span<const Text> texts) {
  std::vector<Worker> plain = make_workers(static_cast<std::uint32_t>(workers_.size()), nullptr);
  (void)embed(tokenize(texts, plain), plain);
}

std::vector<Tokens> BatchRunner::tokenize(std::span<const Text> texts, std::span<Worker> workers) {
  std::vector<Tokens> sequences(texts.size());
  on_all(workers, [&](std::size_t first, Worker& worker) {
    const PartTimer timer(worker.tokenize_s);
    for (std::size_t i = first; i < texts.size(); i += workers.size())
      sequences[i] = model_.tokenizer->encode(texts[i].text, length_);
  });
  return sequences;
}

at::Tensor BatchRunner::embed(std::span<const Tokens> sequences, std::span<Worker> workers) {
  const auto count = static_cast<std::int64_t>(sequences.size());
  at::Tensor embeddings = at::empty({count, model_.checkpoint.config.hidden}, at::kFloat);
  const auto runs = split_by_length(sequences, workers.size());
  on_all(workers.first(runs.size()), [&](std::size_t i, Worker& worker) {
    const PartTimer timer(worker.forward_s);
    embed_some(sequences, runs[i], worker, embeddings);
  });
  return embeddings;
}

void BatchRunner::embed_some(std::span<const Tokens> sequences, std::span<const std::size_t> indices,
                             Worker& worker, at::Tensor& embeddings) const {
  const TokenBatch batch = pad_selected(sequences, indices, model_.tokenizer->pad_id());
  Attention& attention = worker.memoized ? static_cast<Attention&>(*worker.memoized) : *worker.plain;
  // [batch, padded] -> [batch, padded, hidden] -> [batch, hidden]
  const at::Tensor pooled =
      pool(encoder_.forward(batch, attention), batch, model_.checkpoint.config.pooling).contiguous();
  const std::int64_t hidden = pooled.size(1);
  for (std::size_t i = 0; i < indices.size(); ++i)
    std::memcpy(embeddings.data_ptr<float>() + static_cast<std::int64_t>(indices[i]) * hidden,
                pooled.data_ptr<float>() + static_cast<std::int64_t>(i) * hidden,
                static_cast<std::size_t>(hidden) * sizeof(float));
}

RunnerFigures BatchRunner::figures() const {
  RunnerFigures figures;
  figures.tokens = tokens_;
  for (const Worker& worker : workers_) {
    figures.tokenize_s += worker.tokenize_s;
    figures.forward_s += worker.forward_s;
    figures.parts.compute += worker.plain->seconds();
    if (!worker.memoized) continue;
    figures.parts += worker.memoized->seconds();
    const std::vector<LayerCounters>& counters = worker.memoized->counters();
    figures.layers.resize(counters.size());
    for (std::size_t i = 0; i < counters.size(); ++i) figures.layers[i] += counters[i];
  }
  return figures;
}

}  // namespace memo
