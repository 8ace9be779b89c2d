// Embedding: token ids to the states before the first layer.
#pragma once

#include <cstdint>
#include <span>

#include "model/layers/feed_forward.h"

namespace memo {

// Threads: any.
class Embedding {
 public:
  // Lifetime: checkpoint outlives this.
  Embedding(const Checkpoint& checkpoint, const Kernels& kernels);

  // ids of consecutive tokens, the first of them at `position` of its sequence -> states and inputs.
  void run(std::span<const std::int32_t> ids, std::size_t position, const ResidualRows& rows, DataType type) const;

 private:
  const Checkpoint& checkpoint_;
  const Kernels& kernels_;
  const Norm norm_;
};

}  // namespace memo
