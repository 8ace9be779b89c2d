// FeatureTable: the features of a batch at one layer. Each is made once, and only for a sequence that needs it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "embed/embedder.h"
#include "embed/tensor/tensor.h"
#include "model/engine/attention_source.h"

namespace memo {

// Indices of sequences in a batch, ascending.
using Sequences = std::vector<std::size_t>;

// Threads: one at a time. Lifetime: embedder and states outlive the table.
class FeatureTable {
 public:
  FeatureTable(const Embedder& embedder, std::size_t sequences) : embedder_(embedder), features_(sequences) {}

  // Makes the features that these sequences lack, in parallel.
  void make(const LayerStates& states, const Sequences& sequences);
  bool has(std::size_t sequence) const { return features_[sequence].defined(); }
  // Requires: made. Shapes: -> [feature_dimension]
  std::span<const float> of(std::size_t sequence) const;

 private:
  const Embedder& embedder_;
  std::vector<Tensor> features_;  // [batch] of [1, feature_dimension]; undefined where not made
};

}  // namespace memo
