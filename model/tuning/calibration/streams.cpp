#include "model/tuning/calibration/streams.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace memo {

Streams::Streams(SpillFile file, std::span<const std::vector<std::int32_t>> texts, std::size_t batch,
                 std::size_t share, std::size_t hidden)
    : file_(std::move(file)), hidden_(hidden) {
  for (std::size_t first = 0; first < texts.size(); first += batch) {
    CalibrationBatch& added = batches_.emplace_back();
    for (const auto& text : texts.subspan(first, std::min(batch, texts.size() - first))) {
      added.texts.emplace_back(text);
      added.lengths.push_back(static_cast<std::uint32_t>(text.size()));
      added.lineages.push_back(Lineage::of_tokens(text));
    }
    added.held_out = batches_.size() % share == 0;
  }
}

void Streams::place(CalibrationBatch& batch, std::size_t rows) {
  batch.rows = rows;
  batch.offset = end_;
  end_ += kKeptKinds * bytes_of(batch);
}

Status Streams::keep(const CalibrationBatch& batch, Kept what, const void* rows) {
  return file_.write(offset_of(batch, what), {static_cast<const std::byte*>(rows), bytes_of(batch)});
}

Status Streams::load(const CalibrationBatch& batch, Kept what, void* rows) const {
  return file_.read(offset_of(batch, what), {static_cast<std::byte*>(rows), bytes_of(batch)});
}

Result<at::Tensor> Streams::load(const CalibrationBatch& batch, Kept what) const {
  at::Tensor rows = at::empty({static_cast<std::int64_t>(batch.rows), static_cast<std::int64_t>(hidden_)});
  MEMO_RETURN_IF_ERROR(load(batch, what, rows.data_ptr<float>()));
  return rows;
}

}  // namespace memo
