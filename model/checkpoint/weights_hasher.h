// WeightsHasher: what tells weights apart.
#pragma once

#include <xxhash.h>

#include <memory>
#include <string>

#include "memo/types.h"
#include "model/checkpoint/weights.h"

namespace memo {

// XXH3-128 of all that is added, in its order. Threads: one.
class WeightsHasher {
 public:
  WeightsHasher() : state_(XXH3_createState(), XXH3_freeState) { XXH3_128bits_reset(state_.get()); }

  void add(const std::string& text) { XXH3_128bits_update(state_.get(), text.data(), text.size()); }
  // Nothing where the model has no such tensor; descriptions tell which there are.
  void add(const Tensor& tensor) {
    if (tensor.defined()) XXH3_128bits_update(state_.get(), tensor.data_ptr(), tensor.nbytes());
  }
  void add(const LinearWeights& weights) { add(weights.weight), add(weights.bias); }
  void add(const LayerNormWeights& weights) { add(weights.weight), add(weights.bias); }

  Digest digest() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return {hash.high64, hash.low64};
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

}  // namespace memo
