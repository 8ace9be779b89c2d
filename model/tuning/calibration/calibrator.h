// Calibrator: two streams of the same texts, plain and memoized, taken through the layers side by side.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "model/engine/engine.h"
#include "model/memo/memoized_attention.h"
#include "model/tuning/calibration/calibrate.h"
#include "model/tuning/calibration/correction.h"
#include "model/tuning/calibration/streams.h"

namespace memo {

// Threads: one at a time. Lifetime: everything outlives this; the engine's weights are replaced.
class Calibrator {
 public:
  Calibrator(MemoPlan& plan, Engine& engine, Streams& streams, const CalibrationOptions& options,
             const std::function<void(double)>& progress);

  // Errors: those of the file. Throws the exceptions of LibTorch and oneDNN.
  Status run();

  // The model with what was refitted. Lifetime: of this object.
  const Checkpoint& checkpoint() const { return checkpoint_; }
  const std::vector<MatrixReport>& reports() const { return reports_; }
  // Mean cosine of the streams' embeddings over the texts held out. Requires: run() is done.
  Result<double> cosine();

 private:
  Status embed();
  Status run_layer(std::size_t layer);
  // Takes the plain stream through the layer, with the old weights.
  Status run_plain(std::size_t layer);
  Status refit_attention_output(std::size_t layer);
  Status refit_feed_forward_out(std::size_t layer);
  Status attend(std::size_t layer, FitEquations& equations);
  Status measure_attention(const CalibrationBatch& batch, FitEquations& equations);
  Status measure_feed_forward(std::size_t layer, FitEquations& equations);
  Status advance(std::size_t layer);
  Status resume(const CalibrationBatch& batch, Kept stream);
  // The memoized stream of a batch, up to the sum behind attention.
  Status resume_behind_attention(std::size_t layer, const CalibrationBatch& batch);

  bool refits(std::size_t layer) const;
  // Corrects `weights` where there is a correction, and packs the layer again.
  void refit(std::size_t layer, const std::string& matrix, LinearWeights& weights,
             const std::optional<Correction>& correction);
  static NormalEquations& part_of(FitEquations& equations, const CalibrationBatch& batch) {
    return batch.held_out ? equations.held_out : equations.fitted;
  }
  at::Tensor engine_rows() const;
  // The rows of a buffer that are tokens. Shapes: [rows, ...] -> [tokens, ...]
  at::Tensor tokens_of(const at::Tensor& rows) const;
  at::Tensor as_f32(const std::vector<std::byte>& rows, std::int64_t columns) const;
  at::Tensor weights_of(const at::Tensor& sums) const;
  ForEach for_each();
  std::size_t passes_of(std::size_t layer) const;
  void count_batch();

  MemoPlan& plan_;
  Engine& engine_;
  Streams& streams_;
  const CalibrationOptions& options_;
  const std::function<void(double)>& progress_;
  const ModelConfig& config_;
  MemoizedAttention source_;
  Checkpoint checkpoint_;
  std::vector<MatrixReport> reports_;
  std::vector<std::byte> context_;  // [rows, hidden] of the engine's type, of the current batch
  std::vector<std::byte> inner_;    // [rows, intermediate], as above
  std::size_t batches_done_ = 0;
};

}  // namespace memo
