#include "model/memo/feature_table.h"

namespace memo {

void FeatureTable::make(const LayerStates& states, const Sequences& sequences) {
  Sequences missing;
  for (const std::size_t sequence : sequences)
    if (!has(sequence)) missing.push_back(sequence);
  states.for_each(missing.size(), [&](std::size_t i) {
    const std::size_t sequence = missing[i];
    const auto length = static_cast<std::int32_t>(states.length(sequence));
    // [1, length, hidden], where the engine holds it
    const Tensor input = Tensor::borrow(const_cast<float*>(states.of(sequence)),
                                        {1, length, static_cast<std::int64_t>(states.hidden)});
    features_[sequence] = embedder_.embed(input, {&length, 1});
  });
}

std::span<const float> FeatureTable::of(std::size_t sequence) const {
  const Tensor& feature = features_[sequence];
  return {feature.data_ptr<float>(), static_cast<std::size_t>(feature.numel())};
}

}  // namespace memo
