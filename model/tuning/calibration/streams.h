// Streams: the texts of a calibration in batches, and their data between two steps. The data is in a file, so that
// memory does not grow with the sample.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "memo/status.h"
#include "model/memo/lineage.h"
#include "model/tuning/calibration/spill_file.h"

namespace memo {

// The data of a batch between two steps. Shapes: [rows, hidden] f32 each, the rows of RowLayout.
enum class Kept : std::uint32_t {
  plain,          // the plain stream's states at the input of the next layer
  memoized,       // the memoized stream's, at the input of the current layer
  context,        // of the memoized stream, before the output projection; in the engine's type
  attention_sum,  // of the plain stream, before the normalization that follows attention
  layer_sum,      // of the plain stream, before the layer's last normalization
};
constexpr std::uint64_t kKeptKinds = 5;

struct CalibrationBatch {
  std::vector<TokenSequence> texts;
  std::vector<std::uint32_t> lengths;
  std::vector<Lineage> lineages;  // of the memoized stream
  bool held_out = false;          // never fitted to
  std::size_t rows = 0;           // of buffers; set by the first start()
  std::uint64_t offset = 0;       // in the file
};

// Threads: one at a time. Lifetime: the texts outlive this.
class Streams {
 public:
  // One batch of `share` is held out, the first one not.
  Streams(SpillFile file, std::span<const std::vector<std::int32_t>> texts, std::size_t batch, std::size_t share,
          std::size_t hidden);

  std::vector<CalibrationBatch>& batches() { return batches_; }
  // Gives the batch its place. Requires: once for each batch, before keep() and load().
  void place(CalibrationBatch& batch, std::size_t rows);

  Status keep(const CalibrationBatch& batch, Kept what, const void* rows);
  Status load(const CalibrationBatch& batch, Kept what, void* rows) const;

  // Shapes: -> [rows, hidden] f32
  Result<at::Tensor> load(const CalibrationBatch& batch, Kept what) const;

 private:
  std::size_t bytes_of(const CalibrationBatch& batch) const { return batch.rows * hidden_ * sizeof(float); }
  std::uint64_t offset_of(const CalibrationBatch& batch, Kept what) const {
    return batch.offset + static_cast<std::uint64_t>(what) * bytes_of(batch);
  }

  SpillFile file_;
  const std::size_t hidden_;
  std::vector<CalibrationBatch> batches_;
  std::uint64_t end_ = 0;
};

}  // namespace memo
