#include "model/memo/feature_table.h"

namespace memo {

FeatureTable::FeatureTable(const Embedder& embedder, const at::Tensor& hidden,
                           std::span<const std::int32_t> lengths)
    : embedder_(embedder), hidden_(hidden), lengths_(lengths), features_(lengths.size()) {}

void FeatureTable::make(const Sequences& sequences) {
  Sequences missing;
  std::vector<std::int32_t> lengths;
  for (const std::int64_t sequence : sequences) {
    if (!of(sequence).empty()) continue;
    missing.push_back(sequence);
    lengths.push_back(lengths_[static_cast<std::size_t>(sequence)]);
  }
  if (missing.empty()) return;
  memory_.push_back(embedder_.embed(select(hidden_, missing), lengths));
  const float* row = memory_.back().data_ptr<float>();
  const auto dimension = static_cast<std::size_t>(memory_.back().size(1));
  for (const std::int64_t sequence : missing) {
    features_[static_cast<std::size_t>(sequence)] = {row, dimension};
    row += dimension;
  }
}

}  // namespace memo
