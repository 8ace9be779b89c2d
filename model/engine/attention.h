// Self-attention of one layer, and the seam where memoization replaces it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/checkpoint/bert_checkpoint.h"
#include "model/engine/token_batch.h"

namespace memo {

// Computes a layer's context from its input. The encoder owns everything around it.
// Threads: one object, one thread at a time.
class Attention {
 public:
  virtual ~Attention() = default;
  // Called before the first layer of every batch.
  virtual void begin(const TokenBatch& batch) = 0;
  // Shapes: hidden [batch, padded, hidden] -> context [batch, padded, hidden], heads concatenated, before the
  //         output projection. Rows of padding may hold anything finite.
  virtual at::Tensor context(std::int64_t layer, const at::Tensor& hidden) = 0;
};

// The reference: everything computed, with LibTorch.
class PlainAttention : public Attention {
 public:
  // Lifetime: checkpoint outlives this.
  explicit PlainAttention(const BertCheckpoint& checkpoint);
  void begin(const TokenBatch& batch) override;
  at::Tensor context(std::int64_t layer, const at::Tensor& hidden) override;

 private:
  const BertCheckpoint& checkpoint_;
  const TokenBatch* batch_ = nullptr;
};

// softmax(Q K^T / sqrt(head_dim) + mask) of one layer.
// Shapes: query, key [batch, heads, length, head_dim]; mask as in TokenBatch -> [batch, heads, length, length]
at::Tensor attention_map(const at::Tensor& query, const at::Tensor& key, const at::Tensor& mask);

}  // namespace memo
