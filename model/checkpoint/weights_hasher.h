// WeightsHasher: what tells weights apart.
#pragma once

#include "embed/tensor/hasher.h"
#include "model/checkpoint/weights.h"

namespace memo {

// Nothing of what a model does not have; descriptions tell which there is.
class WeightsHasher : public Hasher {
 public:
  using Hasher::add;
  void add(const LinearWeights& weights) { add(weights.weight), add(weights.bias); }
  void add(const LayerNormWeights& weights) { add(weights.weight), add(weights.bias); }
};

}  // namespace memo
