// The tensor operations of one attention layer, for whole batches and for some of their sequences.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "model/checkpoint/bert_checkpoint.h"

namespace memo {

// Indices of sequences in a batch, ascending.
using Sequences = std::vector<std::int64_t>;

// The sequences' rows of dimension 0; `tensor` itself, uncopied, when these are all of them or it is undefined.
at::Tensor select(const at::Tensor& tensor, const Sequences& sequences);

struct ComputedAttention {
  at::Tensor map;      // [batch, heads, length, length], contiguous
  at::Tensor context;  // [batch, length, hidden], contiguous
};

// As PlainAttention, with the map kept.
// Shapes: hidden [batch, length, hidden]; mask as in TokenBatch.
ComputedAttention compute_attention(const BertConfig& config, const LinearWeights& qkv, const at::Tensor& hidden,
                                    const at::Tensor& mask);

// The value projection alone. Shapes: hidden [batch, length, hidden] -> [batch, length, hidden], contiguous.
at::Tensor project_values(const LinearWeights& qkv, const at::Tensor& hidden);

}  // namespace memo
