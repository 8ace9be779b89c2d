// WeightsHasher: makes digests that distinguish weights.
#pragma once

#include "embed/tensor/hasher.h"
#include "model/checkpoint/weights.h"

namespace memo {

// Adds nothing for weights that a model does not have; descriptions tell which it has.
class WeightsHasher : public Hasher {
 public:
  using Hasher::add;
  void add(const LinearWeights& weights) { add(weights.weight), add(weights.bias); }
  void add(const LayerNormWeights& weights) { add(weights.weight), add(weights.bias); }
};

}  // namespace memo
