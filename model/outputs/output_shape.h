// OutputShape: what an output memo holds, as f32: a text's embedding, then its logits; or the final states of its tokens.
#pragma once

#include <cstddef>

#include "memo/types.h"
#include "model/checkpoint/checkpoint.h"

namespace memo {

struct OutputShape {
  std::size_t embedding = 0;  // numbers
  std::size_t logits = 0;     // numbers; 0: the model has no head
  std::size_t per_token = 0;  // numbers; 0: memos hold no states

  std::size_t numbers(std::size_t tokens) const { return embedding + logits + per_token * tokens; }
  std::size_t payload_bytes(std::size_t tokens) const { return numbers(tokens) * sizeof(float); }
  MemoKind kind() const { return per_token > 0 ? MemoKind::states : MemoKind::output; }

  // Embedding and logits.
  static OutputShape of(const Checkpoint& checkpoint) {
    OutputShape shape{static_cast<std::size_t>(checkpoint.embedding_size())};
    if (checkpoint.config.task == Task::classification) shape.logits = checkpoint.config.labels.size();
    if (checkpoint.config.task == Task::next_token)
      shape.logits = static_cast<std::size_t>(checkpoint.config.vocabulary);
    return shape;
  }
  // Memos hold [tokens, hidden].
  static OutputShape of_states(const Checkpoint& checkpoint) {
    return {.per_token = static_cast<std::size_t>(checkpoint.config.hidden)};
  }
};

}  // namespace memo
