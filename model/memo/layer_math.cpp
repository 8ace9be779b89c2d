#include "model/memo/layer_math.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/linear.h>

#include "model/engine/attention.h"

namespace memo {

at::Tensor select(const at::Tensor& tensor, const Sequences& sequences) {
  if (!tensor.defined() || tensor.size(0) == static_cast<std::int64_t>(sequences.size())) return tensor;
  const at::Tensor indices = at::from_blob(const_cast<std::int64_t*>(sequences.data()),
                                           {static_cast<std::int64_t>(sequences.size())}, at::kLong);
  return at::index_select(tensor, 0, indices);
}

ComputedAttention compute_attention(const BertConfig& config, const LinearWeights& qkv, const at::Tensor& hidden,
                                    const at::Tensor& mask) {
  const std::int64_t batch = hidden.size(0);
  const std::int64_t length = hidden.size(1);
  const std::int64_t heads = config.heads;
  const std::int64_t head_dim = config.head_dim();
  // [batch, length, hidden] x [hidden, 3 * hidden] -> [3, batch, heads, length, head_dim]
  const at::Tensor projected =
      at::linear(hidden, qkv.weight, qkv.bias).view({batch, length, 3, heads, head_dim}).permute({2, 0, 3, 1, 4});
  const at::Tensor map = attention_map(projected[0], projected[1], mask);
  // [batch * heads, length, length] x [batch * heads, length, head_dim] -> [batch * heads, length, head_dim]
  const at::Tensor context =
      at::bmm(map.view({batch * heads, length, length}), projected[2].reshape({batch * heads, length, head_dim}));
  // [batch, heads, length, head_dim] -> [batch, length, heads * head_dim]
  return {map,
          context.view({batch, heads, length, head_dim}).transpose(1, 2).reshape({batch, length, config.hidden})};
}

at::Tensor project_values(const LinearWeights& qkv, const at::Tensor& hidden) {
  const std::int64_t width = hidden.size(2);
  // [batch, length, hidden] x [hidden, hidden] -> [batch, length, hidden]; the value rows are the last third
  return at::linear(hidden, qkv.weight.narrow(0, 2 * width, width), qkv.bias.narrow(0, 2 * width, width));
}

}  // namespace memo
