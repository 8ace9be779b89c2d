// Embedding: token ids to the states before the first layer.
#pragma once

#include <cstddef>

#include "model/layers/feed_forward.h"
#include "model/layers/token_sequence.h"

namespace memo {

// Threads: any.
class Embedding {
 public:
  // Lifetime: checkpoint outlives this.
  Embedding(const Checkpoint& checkpoint, const Kernels& kernels);

  // How many positions the tokens take.
  std::size_t positions_of(std::span<const std::int32_t> ids) const;

  // Consecutive tokens, before which those of their sequence take `position` positions -> states and inputs.
  void run(const TokenSequence& tokens, std::size_t position, const ResidualRows& rows, DataType type) const;

 private:
  // Of the token's position, which is the next one unless it is padding.
  std::size_t position_row(std::int32_t id, std::size_t& position) const;

  const Checkpoint& checkpoint_;
  const Kernels& kernels_;
  const Norm norm_;
};

}  // namespace memo
