// What follows a layer's attention: output projection, residual sums, normalizations, feed-forward product.
#pragma once

#include "model/checkpoint/checkpoint.h"
#include "model/kernels/kernels.h"
#include "model/layers/activation.h"
#include "model/layers/linear.h"

namespace memo {

// One layer normalization and its weights.
class Norm {
 public:
  Norm(const LayerNormWeights& weights, double epsilon, const Kernels& kernels);

  bool exists() const { return weight_.defined(); }
  // x [rows, hidden] f32 -> normalized f32 (may be x; null: not written) and inputs, in `type` (null: not
  // written; f32 or bf16). Where inputs are f32 they are `normalized` if that is the same memory.
  void run(const float* x, float* normalized, void* inputs, DataType type, std::size_t rows) const;

 private:
  Tensor weight_;
  Tensor bias_;
  float epsilon_;
  const Kernels& kernels_;
};

// The rows of the residual stream to work on.
struct ResidualRows {
  float* states;  // [rows, hidden] f32
  void* inputs;   // [rows, hidden]: what the next product reads; states itself where that is f32 and normalized
  std::size_t rows;
};

// Threads: any, each with a worker of its own.
class LayerTail {
 public:
  LayerTail(const dnnl::engine& engine, const ModelConfig& config, const LayerWeights& weights, DataType type,
            const Kernels& kernels);

  // Normalizes states to inputs, where the layer normalizes its inputs (GPT-2).
  void normalize_inputs(const ResidualRows& rows) const;
  // states += projected context, then the feed-forward part. inner: memory for inner_bytes().
  // Shapes: context [rows, hidden], with memory up to the next kRowUnit.
  void run(LinearWorker& worker, const void* context, const ResidualRows& rows, void* inner) const;
  std::size_t inner_bytes() const;

  // The three steps of run(), for up to chunk_rows() rows.
  // states += projected context: the sum that a normalization follows.
  void add_context(LinearWorker& worker, const void* context, const ResidualRows& rows) const;
  // From that sum to the next one. -> inner [rows, inner_columns()], with memory up to the next kRowUnit: the
  // input of the second feed-forward product.
  void feed_forward(LinearWorker& worker, const ResidualRows& rows, void* inner) const;
  // From that sum to the layer's output.
  void normalize_sum(const ResidualRows& rows) const;

  std::size_t chunk_rows() const { return chunk_; }
  std::size_t inner_columns() const { return static_cast<std::size_t>(in_->out()); }

 private:
  const NormPlacement placement_;
  const DataType values_;
  const std::size_t hidden_;
  const std::size_t chunk_;  // rows at a time, so that `inner` stays in the cache
  const std::unique_ptr<const Linear> attention_output_;
  const Norm attention_norm_;
  const std::optional<FastActivation> activation_;  // empty: part of in_
  const std::unique_ptr<const Linear> in_;
  const std::unique_ptr<const Linear> out_;
  const Norm feed_forward_norm_;
};

}  // namespace memo
