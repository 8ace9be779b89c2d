// BertEncoder: the reference engine, on LibTorch. One call runs on the calling thread only.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/checkpoint/bert_checkpoint.h"
#include "model/engine/attention.h"
#include "model/engine/process.h"
#include "model/engine/token_batch.h"

namespace memo {

// Threads: forward() from any thread, each with an Attention of its own.
class BertEncoder {
 public:
  // Lifetime: checkpoint outlives this.
  explicit BertEncoder(const BertCheckpoint& checkpoint) : checkpoint_(checkpoint) {}

  // Shapes: batch [batch, padded] -> final states [batch, padded, hidden].
  // Requires: ids in the vocabulary, padded <= max_positions.
  at::Tensor forward(const TokenBatch& batch, Attention& attention) const;

  const BertCheckpoint& checkpoint() const { return checkpoint_; }

 private:
  const BertCheckpoint& checkpoint_;
};

// One vector a sequence: the mean over its tokens, or its first token, scaled to length 1.
// Shapes: states [batch, padded, hidden] -> [batch, hidden]
at::Tensor pool(const at::Tensor& states, const TokenBatch& batch, Pooling pooling);

}  // namespace memo
