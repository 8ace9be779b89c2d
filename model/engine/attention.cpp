#include "model/engine/attention.h"

#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>

#include <cassert>
#include <cmath>

namespace memo {
namespace {

// [batch, heads, rows, columns] -> [batch * heads, rows, columns], copied where the heads are interleaved.
at::Tensor flatten_heads(const at::Tensor& tensor) {
  return tensor.reshape({tensor.size(0) * tensor.size(1), tensor.size(2), tensor.size(3)});
}

}  // namespace

at::Tensor attention_map(const at::Tensor& query, const at::Tensor& key, const at::Tensor& mask) {
  const std::int64_t batch = query.size(0);
  const std::int64_t heads = query.size(1);
  const std::int64_t length = query.size(2);
  const double scale = 1 / std::sqrt(static_cast<double>(query.size(3)));
  // beta = 0 ignores the first operand; the scale then costs nothing, as the alpha of the product.
  const at::Tensor ignored = at::empty({1, 1, 1}, query.options());
  // [batch * heads, length, head_dim] x [batch * heads, head_dim, length] -> [batch * heads, length, length]
  at::Tensor scores = at::baddbmm(ignored, flatten_heads(query), flatten_heads(key).transpose(1, 2), 0, scale)
                          .view({batch, heads, length, length});
  if (mask.defined()) scores.add_(mask);
  return at::softmax(scores, -1);
}

PlainAttention::PlainAttention(const BertCheckpoint& checkpoint) : checkpoint_(checkpoint) {}

void PlainAttention::begin(const TokenBatch& batch) {
  batch_ = &batch;
}

at::Tensor PlainAttention::context(std::int64_t layer, const at::Tensor& hidden) {
  assert(batch_ != nullptr);
  const BertConfig& config = checkpoint_.config;
  const LinearWeights& qkv = checkpoint_.layers[static_cast<std::size_t>(layer)].qkv;
  const std::int64_t batch = hidden.size(0);
  const std::int64_t length = hidden.size(1);
  // [batch, length, hidden] x [hidden, 3 * hidden] -> [3, batch, heads, length, head_dim]
  const at::Tensor projected = at::linear(hidden, qkv.weight, qkv.bias)
                                   .view({batch, length, 3, config.heads, config.head_dim()})
                                   .permute({2, 0, 3, 1, 4});
  const at::Tensor map = attention_map(projected[0], projected[1], batch_->mask);
  // [batch * heads, length, length] x [batch * heads, length, head_dim] -> [batch * heads, length, head_dim]
  const at::Tensor context = at::bmm(flatten_heads(map), flatten_heads(projected[2]));
  // [batch, heads, length, head_dim] -> [batch, length, heads * head_dim]
  return context.view({batch, config.heads, length, config.head_dim()})
      .transpose(1, 2)
      .reshape({batch, length, config.hidden});
}

}  // namespace memo
