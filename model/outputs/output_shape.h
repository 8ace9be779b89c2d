// OutputShape: what an output memo holds: a text's embedding, then its logits, as f32.
#pragma once

#include <cstddef>

#include "model/checkpoint/checkpoint.h"

namespace memo {

struct OutputShape {
  std::size_t embedding = 0;  // numbers
  std::size_t logits = 0;     // numbers; 0: the model has no head

  std::size_t numbers() const { return embedding + logits; }
  std::size_t payload_bytes() const { return numbers() * sizeof(float); }

  static OutputShape of(const Checkpoint& checkpoint) {
    OutputShape shape{static_cast<std::size_t>(checkpoint.embedding_size())};
    if (checkpoint.config.task == Task::classification) shape.logits = checkpoint.config.labels.size();
    if (checkpoint.config.task == Task::next_token)
      shape.logits = static_cast<std::size_t>(checkpoint.config.vocabulary);
    return shape;
  }
};

}  // namespace memo
